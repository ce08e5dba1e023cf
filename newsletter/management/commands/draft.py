"""``newsletter draft``: open and assemble the next issue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.describe import describe_issue
from newsletter.issues.draft import draft
from newsletter.management.tell_issue import tell_issue
from newsletter.management.verb import Verb, instant, newsletter_named, now


class Command(Verb):
    help = "Draft and assemble the next issue of a newsletter."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--at", type=instant, metavar="ISO", help="the slot (default: the next one still open)")

    def run(self, *, code: str, at: datetime | None, by: str, **_: Any) -> dict[str, Any]:
        return describe_issue(draft(newsletter_named(code), at=at, now=now(), by=by))

    def in_words(self, answer: dict[str, Any]) -> str:
        return tell_issue(answer)
