"""``newsletter letters``: mail that is not an issue, and what the relay said to it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.letter_rows import letter_rows
from newsletter.letters.models import Letter
from newsletter.management.verb import Verb, page


class Command(Verb):
    help = "List the letters, the newest first."
    lists = "letters"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--state", choices=Letter.State.values)

    def run(self, *, state: str | None, limit: int, after: str, **_: Any) -> dict[str, Any]:
        rows, more = page(letter_rows(state=state, after=int(after or 0), limit=limit + 1), limit)
        return {"letters": rows, "next": str(rows[-1]["letter"]) if more else None}
