"""``newsletter schedule``: say when an approved issue goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.describe import describe_state
from newsletter.issues.schedule import schedule
from newsletter.management.verb import Verb, instant, now


class Command(Verb):
    help = "Schedule an approved issue."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--at", type=instant, required=True, metavar="ISO", help="with an offset or Z")

    def run(self, *, issue: int, at: datetime, by: str, **_: Any) -> dict[str, Any]:
        return describe_state(schedule(issue, at=at, by=by, now=now()))
