"""An expression as one indexed query, newest articles first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet

from newsletter.articles.models import Article
from newsletter.errors import Refused
from newsletter.selectors.check import Oddity, check_selector, warnings
from newsletter.selectors.condition import condition

PATIENCE_MILLISECONDS = 5000


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of articles, the cursor of the next page (None at the end), and what looked odd."""

    articles: list[Article]
    next: str | None
    warnings: tuple[Oddity, ...]


def select(expression: str, *, at: datetime, limit: int, after: str = "") -> Selection:
    """Return the newest ``limit`` articles that ``expression`` chooses, behind the cursor ``after``.

    Raises ``Invalid`` for a wrong expression and ``Refused`` when the database needs longer than five seconds.
    """
    tree = check_selector(expression)
    found = newest_first(Article.objects.filter(condition(tree, at), withdrawn_at=None), after)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {PATIENCE_MILLISECONDS}")
            rows = list(found[: limit + 1])
    except OperationalError as error:
        raise Refused(
            "This selector takes too long.", code="slow", where="expression", fix="Add a newsletter, a topic or an age."
        ) from error
    more = rows[limit - 1] if len(rows) > limit else None
    return Selection(rows[:limit], cursor_of(more) if more else None, warnings(tree))


def newest_first(articles: QuerySet[Article], after: str = "") -> QuerySet[Article]:
    """Order by publication date, newest first and unknown last, behind a cursor of ``cursor_of``."""
    if after:
        day, _, number = after.partition("_")
        behind = Q(published_on=None, pk__lt=int(number))
        if day:
            same = Q(published_on=day, pk__lt=int(number))
            behind = Q(published_on__lt=day) | same | Q(published_on=None)
        articles = articles.filter(behind)
    return articles.order_by(F("published_on").desc(nulls_last=True), "-pk")


def cursor_of(article: Article) -> str:
    """Return the cursor that continues behind ``article``."""
    return f"{article.published_on.isoformat() if article.published_on else ''}_{article.pk}"
