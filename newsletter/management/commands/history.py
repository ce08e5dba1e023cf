"""``newsletter history``: who did what to an issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.describe import describe_state
from newsletter.issues.lifecycle import find
from newsletter.issues.queries import history
from newsletter.management.verb import Verb, page


class Command(Verb):
    help = "Show everything that happened to an issue, oldest first."
    lists = "history"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)

    def run(self, *, issue: int, limit: int, after: str, **_: Any) -> dict[str, Any]:
        found = find(issue)
        rows, more = page(history(found, after=int(after or 0)), limit)
        lines = [{"at": row.at, "by": row.by, "act": row.act, "detail": row.detail} for row in rows]
        return {**describe_state(found), "history": lines, "next": str(rows[-1].pk) if more else None}
