"""An expression as indexed SQL, newest articles first.

The planner is led (measured on 1,000,000 articles, docs/reference/selectors.md): a few weeks are walked along the
index on the date inside a fence (``offset 0``) and facets are filtered above it; what lies deeper is found by its keys.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from newsletter.articles.models import Article
from newsletter.errors import Invalid, Refused
from newsletter.expressions.tree import Node
from newsletter.selectors.check import Oddity, check_selector, warnings
from newsletter.selectors.condition import condition, is_anchored, span_of
from newsletter.selectors.sql import Sql, joined

PATIENCE_MILLISECONDS = 1000
FEW_DAYS = timedelta(days=90)  # up to here walking along the dates is quicker than looking keys up
NEWEST = timedelta(days=30)  # where the articles wanted most often are
MOST_COUNTED = 1001
ORDER = "order by published_on desc nulls last, id desc"
PRESENT = Sql("withdrawn_at is null")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of articles, the cursor of the next page (None at the end), and what looked odd."""

    articles: list[Article]
    next: str | None
    warnings: tuple[Oddity, ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a selection may still take, all its queries together."""

    until: float  # on the monotonic clock

    def limit(self) -> None:
        """Have the database end the next statement when the time is over."""
        left = max(1, round(1000 * (self.until - time.monotonic())))  # 0 would be no limit
        with connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {left}")


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a selection: where its rows come from, and the values; ``limit`` is the last value."""

    origin: str
    values: tuple[Any, ...]

    @property
    def listed(self) -> str:
        """The rows, newest first."""
        return f"select * from {self.origin} {ORDER} limit %s"

    @property
    def counted(self) -> str:
        """How many there are, up to the limit."""
        return f"select count(*) from (select 1 from {self.origin} limit %s) as found"


def select(expression: str, *, at: datetime, limit: int, after: str = "") -> Selection:
    """Return the newest ``limit`` articles that ``expression`` chooses, behind the cursor ``after``.

    Raises ``Invalid`` for a wrong expression or cursor and ``Refused`` when the database needs longer than a second.
    """
    tree = check_selector(expression)
    rows = _patiently(lambda patience: _gathered(patience, tree, at, limit + 1, after))
    more = rows[limit - 1] if len(rows) > limit else None
    return Selection(rows[:limit], cursor_of(more) if more else None, warnings(tree))


def count(expression: str, *, at: datetime) -> int:
    """Return how many articles ``expression`` chooses; 1,001 stands for more than 1,000. Raises as ``select``."""
    tree = check_selector(expression)
    return _patiently(lambda patience: _counted(patience, tree, at))


def matching(tree: Node, *, at: datetime, available_before: datetime, limit: int) -> list[Article]:
    """Return the newest ``limit`` articles that ``tree`` chooses among those available before an instant.

    Raises ``Refused`` as ``select`` does.
    """
    besides = Sql("available_at < %s", (available_before,))
    return _patiently(lambda patience: _gathered(patience, tree, at, limit, "", besides))


def queries(tree: Node, *, at: datetime, limit: int, after: str = "", besides: Sql = PRESENT) -> Iterator[Query]:
    """Yield the queries that are run one after the other until ``limit`` rows are found, newest rows first."""
    wanted = joined("and", [*dict.fromkeys([PRESENT, besides]), condition(tree, at)])
    span, anchored = span_of(tree, at), is_anchored(tree)
    behind, top = _cursor(after), span.last
    if behind is None or behind[0] is not None:
        if span.first and (span.last or at.date()) - span.first <= FEW_DAYS:
            yield _walk(wanted, [*_from(span.first), *_to(span.last), *_behind(behind)], limit)
            return
        start = min(filter(None, (behind[0] if behind else None, top, at.date()))) - NEWEST
        start = max(start, span.first) if span.first else start
        yield _walk(wanted, [*_from(start), *_to(top), *_behind(behind)], limit)
        older = [Sql("published_on < %s", (start,)), *_from(span.first), *_behind(behind)]
        yield (_look_up if anchored else _walk)(wanted, older, limit)
    if span.first is None and span.last is None:
        undated = [Sql("published_on is null"), *([Sql("id < %s", (behind[1],))] if behind and not behind[0] else [])]
        yield _plain(joined("and", [*undated, wanted]), limit)


def cursor_of(article: Article) -> str:
    """Return the cursor that continues behind ``article``."""
    return f"{article.published_on.isoformat() if article.published_on else ''}_{article.pk}"


def _gathered(
    patience: Patience, tree: Node, at: datetime, limit: int, after: str, besides: Sql = PRESENT
) -> list[Article]:
    found: list[Article] = []
    for query in queries(tree, at=at, limit=limit, after=after, besides=besides):
        patience.limit()
        found += list(Article.objects.raw(query.listed, query.values))
        if len(found) >= limit:
            break
    return found[:limit]


def _counted(patience: Patience, tree: Node, at: datetime) -> int:
    """Count in one query: up to so few the planner's own way is the best, but for a few weeks."""
    first, *rest = queries(tree, at=at, limit=MOST_COUNTED)
    whole = joined("and", [PRESENT, condition(tree, at)])
    query = _plain(whole, MOST_COUNTED) if rest else first
    patience.limit()
    with connection.cursor() as cursor:
        cursor.execute(query.counted, query.values)
        return int(cursor.fetchone()[0])


def _walk(wanted: Sql, range_: list[Sql], limit: int) -> Query:
    """Walk along the dates and filter; the fence keeps the planner from looking keys up first."""
    dates = joined("and", range_ or [Sql("published_on is not null")])
    fenced = f"select * from newsletter_article where {dates.text} {ORDER} offset 0"
    return Query(f"({fenced}) as newsletter_article where {wanted.text}", (*dates.values, *wanted.values, limit))


def _look_up(wanted: Sql, range_: list[Sql], limit: int) -> Query:
    """Look keys up and sort; the fence keeps the planner from walking along the dates until enough is found."""
    whole = joined("and", [wanted, *range_])
    fenced = f"select * from newsletter_article where {whole.text} offset 0"
    return Query(f"({fenced}) as newsletter_article", (*whole.values, limit))


def _plain(whole: Sql, limit: int) -> Query:
    return Query(f"newsletter_article where {whole.text}", (*whole.values, limit))


def _from(day: date | None) -> list[Sql]:
    return [Sql("published_on >= %s", (day,))] if day else []


def _to(day: date | None) -> list[Sql]:
    return [Sql("published_on <= %s", (day,))] if day else []


def _behind(cursor: tuple[date | None, int] | None) -> list[Sql]:
    return [Sql("(published_on, id) < (%s, %s)", cursor)] if cursor and cursor[0] else []


def _cursor(after: str) -> tuple[date | None, int] | None:
    if not after:
        return None
    day, _, number = after.partition("_")
    try:
        return date.fromisoformat(day) if day else None, int(number)
    except ValueError:
        raise Invalid(
            f"{after!r} is no place to continue from.", where="after", fix="Use the next of the page before."
        ) from None


def _patiently(ask: Callable[[Patience], Answer]) -> Answer:
    try:
        with transaction.atomic():
            answer = ask(Patience(time.monotonic() + PATIENCE_MILLISECONDS / 1000))
            with connection.cursor() as cursor:
                cursor.execute("set local statement_timeout to default")
            return answer
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise Refused(
            "This selector takes too long.", code="slow", where="expression", fix="Add a newsletter, a topic or an age."
        ) from None
