"""``newsletter resume``: go on after a pause."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.control import resume
from newsletter.issues.describe import describe_state
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Go on with a paused issue."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)

    def run(self, *, issue: int, by: str, **_: Any) -> dict[str, Any]:
        return describe_state(resume(issue, by=by, now=now()))
