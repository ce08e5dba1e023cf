"""``newsletter select``: which articles an expression chooses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.describe import describe_article
from newsletter.management.verb import Verb, instant, now
from newsletter.selectors.select import select


class Command(Verb):
    help = "Choose articles: `newsletter select 'newsletter:ctw and not type:pressRelease'`."
    lists = "articles"
    numbered = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("expression")
        parser.add_argument("--at", type=instant, metavar="ISO", help="the instant ages are measured against")

    def run(self, *, expression: str, at: datetime | None, limit: int, after: str, **_: Any) -> dict[str, Any]:
        found = select(expression, at=at or now(), limit=limit, after=after)
        return {
            "articles": [describe_article(article) for article in found.articles],
            "next": found.next,
            "warnings": [warning.words for warning in found.warnings],
        }
