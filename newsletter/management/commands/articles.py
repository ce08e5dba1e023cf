"""``newsletter articles``: what we have to say."""

from __future__ import annotations

from typing import Any

from newsletter.articles.queries import newest
from newsletter.issues.describe import describe_article
from newsletter.management.verb import Verb, page


class Command(Verb):
    help = "List the articles, newest first."
    lists = "articles"

    def run(self, *, limit: int, after: str, **_: Any) -> dict[str, Any]:
        rows, more = page(newest(after=after), limit)
        return {
            "articles": [describe_article(row) for row in rows],
            "next": str(rows[-1].pk) if more else None,
        }
