"""What the facets over the publication date share: comparisons of days, in SQL and by hand.

An unknown day counts as the first of its month; an unknown date satisfies no comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.articles.models import Article
from newsletter.expressions.tree import NONE, Clause
from newsletter.selectors.sql import Sql

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both included; None where it is open."""

    first: date | None
    last: date | None


class Dated:
    """A facet that compares the publication date; ``edge`` turns a clause into an operator and a day."""

    fields: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()  # operators that leave out all days before some day
    blank = "unknown, which satisfies no comparison"

    def edge(self, clause: Clause, at: datetime) -> tuple[str, date]:
        raise NotImplementedError

    def condition(self, clause: Clause, at: datetime) -> Sql:
        if clause.special:
            return Sql("published_on is null" if clause.special == NONE else "published_on is not null")
        operator, day = self.edge(clause, at)
        return Sql(f"published_on is not null and published_on {operator} %s", (day,))

    def span(self, clause: Clause, at: datetime) -> Span:
        """Return the days outside of which ``clause`` is never true."""
        if clause.special:
            return Span(None, None)
        operator, day = self.edge(clause, at)
        first = {"=": day, ">=": day, ">": day + ONE_DAY}.get(operator)
        last = {"=": day, "<=": day, "<": day - ONE_DAY}.get(operator)
        return Span(first, last)

    def seen(self, article: Article) -> list[str]:
        if article.published_on is None:
            return []
        if article.published_precision == "month":
            return [f"{article.published_on:%Y-%m} (day unknown, counted as the first)"]
        return [article.published_on.isoformat()]
