"""How long ago an article was published, measured against the instant asked for (the slot of an issue)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from newsletter.articles.models import Article
from newsletter.catalogue.durations import duration
from newsletter.errors import Invalid
from newsletter.expressions.tree import NONE, Clause

LONGEST = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Age:
    """``age < 7d``: published (at midnight UTC of its day) less than seven days before the instant."""

    name: str = "age"
    operators: tuple[str, ...] = ("<", "<=", ">", ">=")

    def complaint(self, operator: str, value: str) -> str:
        try:
            return "" if duration(value) <= LONGEST else "Use at most 36500d."
        except Invalid as error:
            return error.fix

    def condition(self, clause: Clause, at: datetime) -> Q:
        if clause.special:
            return Q(published_on__isnull=clause.special == NONE)
        edge = at.astimezone(UTC) - duration(clause.value)
        floor = edge.date()
        ceiling = floor if edge.time() == time.min else floor + timedelta(days=1)
        return {
            "<": Q(published_on__gt=floor),
            "<=": Q(published_on__gte=ceiling),
            ">": Q(published_on__lt=ceiling),
            ">=": Q(published_on__lte=floor),
        }[clause.operator]

    def passes(self, clause: Clause, article: Article, at: datetime) -> bool:
        if clause.special:
            return (article.published_on is None) == (clause.special == NONE)
        if article.published_on is None:
            return False
        age, limit = at - midnight(article.published_on), duration(clause.value)
        return {"<": age < limit, "<=": age <= limit, ">": age > limit, ">=": age >= limit}[clause.operator]

    def seen(self, article: Article) -> list[str]:
        return [f"published {article.published_on.isoformat()}"] if article.published_on else []


def midnight(day: date) -> datetime:
    """Return the first instant of a day in UTC."""
    return datetime.combine(day, time.min, UTC)
