"""``newsletter extend``: a further portion for those added since."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.extend import extend
from newsletter.issues.describe import describe_state
from newsletter.issues.lifecycle import find
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Send a sent issue to those who subscribed since, a correction to those who got the corrected issue since."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)

    def run(self, *, issue: int, by: str, **_: Any) -> dict[str, Any]:
        number = extend(issue, by=by, now=now())
        return {**describe_state(find(issue)), "added": number}
