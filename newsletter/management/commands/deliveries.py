"""``newsletter deliveries``: one row per reader of an issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.models import DeliveryState
from newsletter.delivery.status import deliveries
from newsletter.management.verb import Verb, page


class Command(Verb):
    help = "List the deliveries of an issue."
    lists = "deliveries"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--state", choices=[state.name.lower() for state in DeliveryState])

    def run(self, *, issue: int, state: str | None, limit: int, after: str, **_: Any) -> dict[str, Any]:
        rows, more = page(deliveries(issue, state=state, after=int(after or 0), limit=limit + 1), limit)
        cursor = str(rows[-1].pop("id")) if more else None
        return {"deliveries": [{k: v for k, v in row.items() if k != "id"} for row in rows], "next": cursor}
