"""``newsletter cancel``: what waits will not go out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.control import cancel
from newsletter.issues.describe import describe_state
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Cancel an issue; what waits is not sent any more."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)

    def run(self, *, issue: int, by: str, **_: Any) -> dict[str, Any]:
        return describe_state(cancel(issue, by=by, now=now()))
