"""``newsletter resend``: put what is in doubt back into the queue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.resend import resend
from newsletter.issues.describe import describe_state
from newsletter.issues.lifecycle import find
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Send again what is in doubt, with the same Message-ID."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)

    def run(self, *, issue: int, by: str, **_: Any) -> dict[str, Any]:
        number = resend(issue, by=by, now=now())
        return {**describe_state(find(issue)), "resent": number}
