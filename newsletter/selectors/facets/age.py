"""How long ago an article was published, measured against the instant asked for (the slot of an issue)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from newsletter.articles.models import Article
from newsletter.catalogue.durations import duration
from newsletter.errors import Invalid
from newsletter.expressions.tree import NONE, Clause
from newsletter.selectors.dated import ONE_DAY, Dated

LONGEST = timedelta(days=36500)


class Age(Dated):
    """``age < 7d``: published (at midnight UTC of its day) less than seven days before the instant."""

    name = "age"
    operators = ("<", "<=", ">", ">=")
    recent = ("<", "<=")

    def complaint(self, operator: str, value: str) -> str:
        try:
            return "" if duration(value) <= LONGEST else "Use at most 36500d."
        except Invalid:
            return "Write it like 7d: m is minutes, h hours, d days, w weeks; for a month 30d, for a year 365d."

    def edge(self, clause: Clause, at: datetime) -> tuple[str, date]:
        edge = at.astimezone(UTC) - duration(clause.value)
        floor = edge.date()
        ceiling = floor if edge.time() == time.min else floor + ONE_DAY
        return {"<": (">", floor), "<=": (">=", ceiling), ">": ("<", ceiling), ">=": ("<=", floor)}[clause.operator]

    def passes(self, clause: Clause, article: Article, at: datetime) -> bool:
        if clause.special:
            return (article.published_on is None) == (clause.special == NONE)
        if article.published_on is None:
            return False
        age, limit = at - datetime.combine(article.published_on, time.min, UTC), duration(clause.value)
        return {"<": age < limit, "<=": age <= limit, ">": age > limit, ">=": age >= limit}[clause.operator]

    def seen(self, article: Article) -> list[str]:
        return [f"published {day}" for day in super().seen(article)]
