"""The publication date. An unknown day counts as the first of its month; an unknown date satisfies no comparison."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from newsletter.articles.models import Article
from newsletter.expressions.tree import NONE, Clause

LOOKUPS = {":": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
COMPARE: dict[str, Callable[[date, date], bool]] = {
    ":": operators.eq,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


@dataclass(frozen=True, slots=True)
class Published:
    """``published >= 2026-11-01``, ``published:2026-11-19``, ``published:none``."""

    name: str = "published"
    operators: tuple[str, ...] = tuple(LOOKUPS)

    def complaint(self, operator: str, value: str) -> str:
        try:
            date.fromisoformat(value)
        except ValueError:
            return "Write a date like 2026-11-19."
        return ""

    def condition(self, clause: Clause, at: datetime) -> Q:
        if clause.special:
            return Q(published_on__isnull=clause.special == NONE)
        return Q(**{f"published_on__{LOOKUPS[clause.operator]}": date.fromisoformat(clause.value)})

    def passes(self, clause: Clause, article: Article, at: datetime) -> bool:
        if clause.special:
            return (article.published_on is None) == (clause.special == NONE)
        day = date.fromisoformat(clause.value)
        return article.published_on is not None and COMPARE[clause.operator](article.published_on, day)

    def seen(self, article: Article) -> list[str]:
        return [article.published_on.isoformat()] if article.published_on else []
