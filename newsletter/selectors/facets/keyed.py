"""A facet whose values are keys of the article: newsletter, center, topic, author and their like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.facet_keys import key, values_of
from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.expressions.tree import NONE, Clause
from newsletter.selectors.sql import Sql, has_all, negated


@dataclass(frozen=True, slots=True)
class Keyed:
    """Equality on folded values; ``none`` and ``any`` ask whether there is a value at all."""

    name: str
    fields: tuple[str, ...]  # of the article: what a person may have set by hand
    operators: tuple[str, ...] = (":",)
    blank: str = "empty"

    def complaint(self, operator: str, value: str) -> str:
        return "" if fold(value) else "Give a value, or none."

    def key(self, clause: Clause) -> str:
        """Return the key this clause looks for; that of "no value" for none and any."""
        return f"{self.name}=" if clause.special else key(self.name, clause.value)

    def condition(self, clause: Clause, at: datetime) -> Sql:
        found = has_all([self.key(clause)])
        return negated(found) if clause.special and clause.special != NONE else found

    def passes(self, clause: Clause, article: Article, at: datetime) -> bool:
        if clause.special:
            return any(fold(value) for value in self.seen(article)) != (clause.special == NONE)
        sought = fold(clause.value)
        return any(fold(value) == sought for value in self.seen(article))

    def seen(self, article: Article) -> list[str]:
        return values_of(article, self.name)
