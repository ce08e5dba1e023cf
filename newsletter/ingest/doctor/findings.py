"""Go through the articles, newest first, and tell what is odd: a page at a time, however many articles there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from newsletter.articles.models import Article
from newsletter.errors import Invalid
from newsletter.expressions.fold import fold
from newsletter.ingest.doctor.checks import CHECKS
from newsletter.ingest.doctor.known import Known, known
from newsletter.ingest.doctor.odd import Check, Odd, Where
from newsletter.ingest.models import Settled

CHUNKS = (200, 1000, 4000)  # rows at a time: the first page is quick, a rare oddity is looked for in long strides
READ = (
    *("id", "title", "title_derived", "teaser", "authors", "type", "newsletters", "center_codes", "program_codes"),
    *("centers", "primary_center", "programs", "regions", "language", "published_on", "url", "warnings", "overrides"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some oddities, and the cursor of the next page (None at the end)."""

    rows: list[Odd]
    next: str | None


def findings(
    *,
    code: str = "",
    source: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: str = "",
    limit: int,
) -> Page:
    """Return at most ``limit`` oddities of one kind (``code``) or all, of one source, available in a period.

    What a person settled is left out. Raises ``Invalid`` for an unknown code or cursor.
    """
    checks, stock = checks_of(code), known()
    below, seen = _cursor(after)
    rows: list[Odd] = []
    for article, settled in _articles(checks, stock, _within(source, since, until), below):
        found = [one for check in checks for one in check.look(article, stock) if one.settled_as not in settled]
        if below is not None and article.pk == below:
            found = _behind(found, seen)
        rows += found
        if len(rows) > limit:
            last = rows[limit - 1]
            return Page(rows[:limit], f"{last.article_id}.{last.key}")
    return Page(rows, None)


def of_article(article: Article) -> list[Odd]:
    """Return what is odd in one article and not settled."""
    stock = known()
    settled = set(Settled.objects.filter(article=article).values_list("article_id", "code", "value"))
    found = [one for check in CHECKS.values() for one in check.look(article, stock)]
    return [one for one in found if one.settled_as not in settled]


def counts(*, source: str = "", since: datetime | None = None, until: datetime | None = None) -> dict[str, int]:
    """Return how many oddities of every code there are that nobody has settled: code -> number, in the table's order.

    Those the database can decide are counted in one query, the others by looking at every candidate: some 0.1 ms each.
    """
    return counts_of_newest(None, source=source, since=since, until=until)[0]


def counts_of_newest(
    most: int | None, *, source: str = "", since: datetime | None = None, until: datetime | None = None
) -> tuple[dict[str, int], bool]:
    """Return ``counts`` with at most ``most`` candidates looked at, the newest, and whether these were all."""
    stock = known()
    within = _within(source, since, until)
    exact = [check for check in CHECKS.values() if check.exact]
    told = dict(zip((check.code for check in exact), _counted(exact, stock, within), strict=True))
    others = [check for check in CHECKS.values() if not check.exact]
    told |= dict.fromkeys((check.code for check in others), 0)
    whole = True
    for looked, (article, settled) in enumerate(_articles(others, stock, within, None)):
        if looked == most:
            whole = False
            break
        for check in others:
            told[check.code] += sum(one.settled_as not in settled for one in check.look(article, stock))
    return {code: told[code] for code in CHECKS}, whole


def checks_of(code: str) -> Sequence[Check]:
    """Return the check of ``code``, or every one for ""; raises ``Invalid`` naming the known ones."""
    if not code:
        return tuple(CHECKS.values())
    if code not in CHECKS:
        raise Invalid(f"{code!r} is no oddity.", where="code", fix="Known: " + ", ".join(CHECKS) + ".")
    return (CHECKS[code],)


def _articles(
    checks: Sequence[Check], stock: Known, within: Where, below: int | None
) -> Iterator[tuple[Article, set[tuple[int, str, str]]]]:
    """Yield every candidate, newest first, with what is settled about it; two queries a chunk."""
    wanted = _any_of([check.candidates(stock) for check in checks])
    place, chunk = below, 0
    while True:
        size = CHUNKS[min(chunk, len(CHUNKS) - 1)]
        rows = list(_chunk(wanted, within, place, size, included=chunk == 0))
        settled = set(
            Settled.objects.filter(article_id__in=[row.pk for row in rows]).values_list("article_id", "code", "value")
        )
        yield from ((row, settled) for row in rows)
        if len(rows) < size:
            return
        place, chunk = rows[-1].pk, chunk + 1


def _chunk(wanted: Where, within: Where, place: int | None, size: int, *, included: bool) -> QuerySet[Article]:
    ahead = Where(f"a.id {'<=' if included else '<'} %s", (place,)) if place is not None else Where("true")
    text = (
        f"select {', '.join(f'a.{name}' for name in READ)} from newsletter_article as a"
        f" where {ahead.text} and {within.text} and ({wanted.text}) order by a.id desc limit %s"
    )
    values = [*ahead.values, *within.values, *wanted.values, size]
    return Article.objects.raw(text, values)  # type: ignore[return-value]  # a RawQuerySet iterates alike


def _counted(checks: Sequence[Check], stock: Known, within: Where) -> list[int]:
    unsettled = "not exists (select 1 from newsletter_settled as s where s.article_id = a.id and s.code = %s)"
    parts = [(check.code, check.candidates(stock)) for check in checks]
    columns = [f"count(*) filter (where ({part.text}) and {unsettled})" for _, part in parts]
    values: list[Any] = [value for code, part in parts for value in (*part.values, code)]
    text = f"select {', '.join(columns)} from newsletter_article as a where {within.text}"
    with connection.cursor() as cursor:
        cursor.execute(text, [*values, *within.values])
        return [int(number) for number in cursor.fetchone()]


def _within(source: str, since: datetime | None, until: datetime | None) -> Where:
    """Return the condition of a source and of the instants an article became available; withdrawn ones are over."""
    parts, values = ["a.withdrawn_at is null"], []
    if source:
        parts.append("a.facet_keys @> %s::text[]")
        values.append([f"source={fold(source)}"])
    for edge, operator in ((since, ">="), (until, "<")):
        if edge is not None:
            parts.append(f"a.available_at {operator} %s")
            values.append(edge)  # type: ignore[arg-type]  # values of any kind
    return Where(" and ".join(parts), tuple(values))


def _any_of(parts: Sequence[Where]) -> Where:
    text = " or ".join(f"({part.text})" for part in parts)
    return Where(text, tuple(value for part in parts for value in part.values))


def _behind(found: list[Odd], seen: str) -> list[Odd]:
    """Return what stands behind the oddity ``seen``; all of it when that one is gone meanwhile."""
    keys = [one.key for one in found]
    return found[keys.index(seen) + 1 :] if seen in keys else found


def _cursor(after: str) -> tuple[int | None, str]:
    if not after:
        return None, ""
    number, _, key = after.partition(".")
    if not number.isdecimal() or len(number) > 18:
        raise Invalid(
            f"{after!r} is no place to continue from.", where="after", fix="Use the next of the page before."
        ) from None
    return int(number), key
