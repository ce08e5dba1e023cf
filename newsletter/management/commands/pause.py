"""``newsletter pause``: stop sending; what waits goes on waiting."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.control import pause
from newsletter.issues.describe import describe_state
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Pause the sending of an issue."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--reason", default="asked for", help="shown to everybody who looks")

    def run(self, *, issue: int, reason: str, by: str, **_: Any) -> dict[str, Any]:
        return describe_state(pause(issue, by=by, now=now(), reason=reason))
