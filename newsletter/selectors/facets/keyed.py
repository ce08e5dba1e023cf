"""A facet whose values are keys of the article: newsletter, center, topic, author and their like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from newsletter.articles.facet_keys import key, values_of
from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.expressions.tree import NONE, Clause


@dataclass(frozen=True, slots=True)
class Keyed:
    """Equality on folded values; ``none`` and ``any`` ask whether there is a value at all."""

    name: str
    operators: tuple[str, ...] = (":",)

    def complaint(self, operator: str, value: str) -> str:
        return "" if fold(value) else "Give a value, or none."

    def key(self, clause: Clause) -> str:
        """Return the key this clause looks for; that of "no value" for none and any."""
        return f"{self.name}=" if clause.special else key(self.name, clause.value)

    def condition(self, clause: Clause, at: datetime) -> Q:
        found = Q(facet_keys__contains=[self.key(clause)])
        return ~found if clause.special and clause.special != NONE else found

    def passes(self, clause: Clause, article: Article, at: datetime) -> bool:
        values = {fold(value) for value in self.seen(article)} - {""}
        if clause.special:
            return bool(values) != (clause.special == NONE)
        return fold(clause.value) in values

    def seen(self, article: Article) -> list[str]:
        return values_of(article, self.name)
