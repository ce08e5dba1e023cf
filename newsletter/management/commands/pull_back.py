"""``newsletter pull-back``: take an issue back within its cool-off."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.control import pull_back
from newsletter.issues.describe import describe_state
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Take an issue back while it cools off; it is approved again."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)

    def run(self, *, issue: int, by: str, **_: Any) -> dict[str, Any]:
        return describe_state(pull_back(issue, by=by, now=now()))
