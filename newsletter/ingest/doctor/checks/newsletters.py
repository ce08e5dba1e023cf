"""A newsletter code in an article that no newsletter has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import NOWHERE, Odd, Where, odd, replaced

NEAR = 0.6


@dataclass(frozen=True, slots=True)
class UnknownNewsletter:
    """Judged only where there are newsletters at all."""

    code: str = "unknown_newsletter"
    exact: bool = False

    def candidates(self, known: Known) -> Where:
        keys = list(known.unknown_newsletters.values())
        return Where("a.facet_keys && %s::text[]", (keys,)) if keys else NOWHERE

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        for value in article.newsletters if known.newsletters else ():
            if fold(value) in known.newsletters:
                continue
            near = difflib.get_close_matches(fold(value), known.newsletters, 1, NEAR)
            right = known.newsletters[near[0]] if near else ""
            yield odd(
                article,
                self.code,
                "newsletters",
                value,
                f"There is no newsletter {value!r}.",
                f"Did you mean {right}?" if right else "Take the code away, or load the newsletter.",
                proposal=replaced(article.newsletters, value, right) if right else None,
            )
