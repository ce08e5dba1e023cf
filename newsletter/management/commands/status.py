"""``newsletter status``: where a sending stands."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.status import status
from newsletter.management.verb import Verb


class Command(Verb):
    help = "Show counts of every state, rate and times of an issue."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)

    def run(self, *, issue: int, **_: Any) -> dict[str, Any]:
        return status(issue)
