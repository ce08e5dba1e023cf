"""The publication date itself."""

from __future__ import annotations

import operator as operators
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime

from newsletter.articles.models import Article
from newsletter.expressions.tree import NONE, Clause
from newsletter.selectors.dated import Dated

COMPARE: dict[str, Callable[[date, date], bool]] = {
    ":": operators.eq,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST, LAST = date(1000, 1, 1), date(9000, 12, 31)


class Published(Dated):
    """``published >= 2026-11-01``, ``published:2026-11-19``, ``published:none``."""

    name = "published"
    operators = tuple(COMPARE)
    recent = (":", ">", ">=")

    def complaint(self, operator: str, value: str) -> str:
        if not _DAY.fullmatch(value):
            return "Write a date like 2026-11-19."
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return _last_of_the_month(value)
        return "" if FIRST <= day <= LAST else "Write a year between 1000 and 9000."

    def edge(self, clause: Clause, at: datetime) -> tuple[str, date]:
        return clause.operator.replace(":", "="), date.fromisoformat(clause.value)

    def passes(self, clause: Clause, article: Article, at: datetime) -> bool:
        if clause.special:
            return (article.published_on is None) == (clause.special == NONE)
        day = date.fromisoformat(clause.value)
        return article.published_on is not None and COMPARE[clause.operator](article.published_on, day)


def _last_of_the_month(value: str) -> str:
    """Return what to write in place of a day that is in no calendar."""
    year, month = int(value[:4]), int(value[5:7])
    if not (FIRST.year <= year <= LAST.year and 1 <= month <= 12):
        return "Write a date like 2026-11-19."
    return f"There is no such day; the last of that month is {value[:8]}{monthrange(year, month)[1]}."
