"""Latencies of selectors on a million articles: ``python -m benchmarks.selectors --articles 1000000``.

Runs an embedded PostgreSQL in a home of its own, fills it with articles of a real newsroom's skew (40 % carry the
commonest newsletter code, 22 % none; every facet filled in as unevenly) over fifteen years, and prints one JSON line
a question: p50, p95 and worst in milliseconds over varied selectors, the size an article takes, and the time of
choosing and explaining 2,000 candidates.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate

_home = tempfile.mkdtemp(prefix="newsletter-bench-")
os.environ |= {"NEWSLETTER_ENV": "test", "NEWSLETTER_HOME": _home, "DJANGO_SETTINGS_MODULE": "newsletter.settings"}

from newsletter import embedded  # noqa: E402

embedded.ensure()

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from newsletter.articles.facet_keys import facet_keys_of  # noqa: E402
from newsletter.articles.models import Article  # noqa: E402
from newsletter.catalogue.cadence import Slot  # noqa: E402
from newsletter.errors import Refused  # noqa: E402
from newsletter.selectors.back_test import back_test  # noqa: E402
from newsletter.selectors.check import check_selector  # noqa: E402
from newsletter.selectors.choose import Rule, choose  # noqa: E402
from newsletter.selectors.select import count, queries, select  # noqa: E402

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
COLUMNS = (
    *("identity", "words", "source", "title", "title_derived", "teaser", "authors", "type", "blog", "newsletters"),
    *("center_codes", "program_codes", "centers", "primary_center", "programs", "projects", "collections", "regions"),
    *("topics", "language", "language_derived", "published_on", "published_precision", "url", "urls"),
    *(
        "originally_published_in",
        "image_url",
        "image_alt",
        "image_credit",
        "withdrawn_reason",
        "weight",
        "warnings",
        "overrides",
        "facet_keys",
    ),
    *("content_hash", "first_ingested_at", "available_at", "updated_at"),
)
COPY = f"copy newsletter_article ({', '.join(COLUMNS)}) from stdin"

Weighted = tuple[list[str], list[float]]  # names and cumulative weights


def weighted(**names: float) -> Weighted:
    """Names with the shares given; ``none`` stands for no value."""
    return ["" if name == "none" else name for name in names], list(accumulate(names.values()))


def skewed(stem: str, size: int) -> Weighted:
    """``size`` names, each half as frequent as the one of half its rank (Zipf)."""
    numbers = range(1, size + 1)
    return [f"{stem} {number}" for number in numbers], list(accumulate(1 / number for number in numbers))


CODES = weighted(none=22, ctw=40, asia=14, menaTransitions=12, democracy=7, americanStatecraft=5)
CENTER_CODES = weighted(none=40, dc=35, europe=8, mec=7, china=4, india=4, russia=2)
PROGRAM_CODES = weighted(none=30, MEP=20, russia=12, NPP=9, EP=8, DCG=7, AP=6, ASP=4, SCP=3, TIA=1)
TYPES = weighted(
    commentary=40, article=20, legacyinthemedia=15, paper=8, other=6, pressRelease=5, report=3, testimony=1
)
REGIONS, TOPICS, AUTHORS = skewed("Region", 120), skewed("Topic", 60), skewed("Author", 4000)
PROJECTS, COLLECTIONS, BLOGS = skewed("Project", 200), skewed("Collection", 80), skewed("Blog", 12)


def main() -> None:
    """Fill the database, then ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument(
        "--years", type=float, default=15.0, help="how long they took to write (0.5: one busy half-year)"
    )
    parser.add_argument("--quick", action="store_true", help="few articles: to see that it runs")
    options = parser.parse_args()
    options.articles = 5_000 if options.quick else options.articles
    try:
        call_command("migrate", verbosity=0)
        fill(options.articles, options.years)
        for name, told in measure():
            print(json.dumps({"what": name, **told}), flush=True)
    finally:
        embedded.wipe()
        shutil.rmtree(_home, ignore_errors=True)


def fill(size: int, years: float) -> None:
    """Copy ``size`` articles in, then vacuum."""
    dice, started = random.Random(7), time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("drop index article_facet_keys; drop index article_urls")  # built once, at the end
        with cursor.copy(COPY) as copy:
            for number in range(size):
                copy.write_row(row(dice, number, size, years))
        cursor.execute(
            "create index article_facet_keys on newsletter_article using gin (facet_keys) with (fastupdate=off)"
        )
        cursor.execute("create index article_urls on newsletter_article using gin (urls) with (fastupdate=off)")
        cursor.execute("vacuum analyze newsletter_article")
        cursor.execute(
            "select pg_relation_size('article_facet_keys'), sum(pg_column_size(facet_keys)),"
            " pg_relation_size('newsletter_article'), pg_total_relation_size('newsletter_article')"
            " from newsletter_article"
        )
        index, column, table, total = cursor.fetchone()
    told = {
        "articles": size,
        "seconds": round(time.perf_counter() - started, 1),
        "facet_bytes": round((index + column) / size),
        "of_the_index": round(index / size),
        "of_the_column": round(column / size),
        "table_bytes": round(table / size),
        "total_bytes": round(total / size),
    }
    print(json.dumps({"what": "fill", **told}), flush=True)


def row(dice: random.Random, number: int, size: int, years: float) -> list[object]:
    """One article as a row to copy; the newest have the highest numbers, one in two hundred has no date."""

    def one(of: Weighted) -> str:
        return dice.choices(of[0], cum_weights=of[1])[0]

    def some(of: Weighted, most: int) -> list[str]:
        return list(dict.fromkeys(dice.choices(of[0], cum_weights=of[1], k=dice.randint(0, most))))

    at = NOW - timedelta(days=365 * years) * (1 - number / size)
    article = Article(
        identity=f"{number}",
        source="page-export",
        title=f"Article number {number} about the world",
        teaser="x" * 140,
        authors=some(AUTHORS, 2),
        type=one(TYPES),
        blog=one(BLOGS) if dice.random() < 0.2 else "",
        newsletters=[code for code in [one(CODES)] if code],
        center_codes=[code for code in [one(CENTER_CODES)] if code],
        program_codes=[code for code in [one(PROGRAM_CODES)] if code],
        regions=some(REGIONS, 3),
        topics=some(TOPICS, 3),
        projects=some(PROJECTS, 1) if dice.random() < 0.3 else [],
        collections=some(COLLECTIONS, 2),
        language=dice.choices(["en", "ru", "ar", "zh"], [70, 12, 12, 6])[0],
        published_on=None if dice.random() < 0.005 else at.date(),
        published_precision="day",
        url=f"https://x.example/{number}",
        urls=[f"https://x.example/{number}"],
        content_hash=f"{number:064d}",
        first_ingested_at=at,
        available_at=at,
        updated_at=at,
    )
    article.facet_keys = facet_keys_of(article)
    return [
        json.dumps(value) if name in ("warnings", "overrides") else value
        for name in COLUMNS
        for value in [getattr(article, name)]
    ]


def measure() -> Iterator[tuple[str, dict[str, object]]]:
    """Yield every question with its figures."""
    dice = random.Random(11)
    asked = [varied(dice) for _ in range(100)]
    for text in ('newsletter:ctw and region:"Region 40" and age < 7d', 'newsletter:ctw and region:"Region 40"'):
        yield f"plans of {text}", {"plans": plans(text)}
    for name, text in (("7 days", "({}) and age < 7d"), ("30 days", "({}) and age < 30d"), ("newest 20", "{}")):
        whole = [text.format(expression) for expression in asked]
        yield name, timed([partial(select, expression, at=NOW, limit=20) for expression in whole], asked)
    yield "count to 1,001", timed([partial(count, expression, at=NOW) for expression in asked], asked)
    window = list(Article.objects.order_by("-available_at")[:2000])
    rules = [Rule(title=f"Section {n}", selector=check_selector(e), limit=8) for n, e in enumerate(asked[:5])]
    yield (
        "choose among 2,000 for 5 sections",
        timed([lambda: choose(window, rules, at=NOW, pins={}, dropped=(), sent_before=())] * 5, [""] * 5),
    )
    yield "26-week back-test", back_tested({})
    yield "26-week back-test with quotas", back_tested({"center": 2, "author": 1})
    yield "insert 10,000", timed([partial(insert, 10_000)], [""])


def plans(text: str) -> list[str]:
    """Return how the database goes, one line a query: nodes from the outermost, with indexes and rows."""
    told = []
    for query in queries(check_selector(text), at=NOW, limit=21):
        with connection.cursor() as cursor:
            cursor.execute(f"explain (analyze, costs off, timing off, summary on) {query.listed}", query.values)
            lines = [line.strip().removeprefix("->  ") for (line,) in cursor.fetchall()]
        kept = [line for line in lines if "(actual" in line or line.startswith(("Execution", "Rows Removed"))]
        told.append("; ".join(kept))
    return told


def back_tested(quota: dict[str, int]) -> dict[str, object]:
    """Try a changed section on half a year of weekly slots."""
    ats = [NOW - timedelta(weeks=number) for number in range(26, -1, -1)]
    slots = [Slot(at=at, draft_at=at, cut_off_at=at - timedelta(hours=4)) for at in ats]
    before, after = (
        [Rule(title="A", selector=check_selector(text), limit=6, quota=quota)]
        for text in ("newsletter:ctw and not type:pressRelease", "newsletter:ctw and age < 30d")
    )
    articles = Article.objects.filter(available_at__gte=slots[0].cut_off_at).count()
    return {"articles": articles, **timed([partial(back_test, slots, before=before, after=after)] * 5, [""] * 5)}


def insert(size: int) -> None:
    """Copy ``size`` more articles in, indexes and all."""
    dice = random.Random(13)
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for number in range(size):
            copy.write_row(row(dice, -1 - number, size, 15.0))


def varied(dice: random.Random) -> str:
    """A selector an editor could have written."""
    plain: list[Callable[[], str]] = [
        lambda: f"newsletter:{dice.choice(CODES[0][1:])}",
        lambda: f"center:{dice.choice(CENTER_CODES[0][1:])}",
        lambda: f"program:{dice.choice(PROGRAM_CODES[0][1:])}",
        lambda: f'region:"Region {dice.randint(1, 120)}"',
        lambda: f'topic:"Topic {dice.randint(1, 60)}"',
        lambda: f'author:"Author {dice.randint(1, 4000)}"',
        lambda: f"type:{dice.choice(TYPES[0])}",
        lambda: f"{dice.choice(['newsletter', 'program', 'blog', 'project', 'author'])}:none",
    ]

    def clause() -> str:
        return dice.choice(plain)()

    shapes: list[Callable[[], str]] = [
        clause,
        lambda: f"{clause()} and {clause()}",
        lambda: f"{clause()} and not {clause()}",
        lambda: f"{clause()} and ({clause()} or {clause()}) and not {clause()}",
        lambda: f"{clause()} or {clause()} or {clause()}",
        lambda: f"{clause()} and {clause()} and {clause()} and not ({clause()} or {clause()})",
        lambda: f"not {clause()} and not {clause()}",
    ]
    return dice.choice(shapes)()


def timed(calls: list[Callable[[], object]], names: list[str]) -> dict[str, object]:
    """Run every call twice, keep the second; return milliseconds and the slowest by name."""
    times = []
    for call, name in zip(calls, names, strict=True):
        for _ in range(2 if len(calls) > 1 else 1):
            started = time.perf_counter()
            try:
                call()
            except Refused:
                name = f"REFUSED {name}"
            spent = 1000 * (time.perf_counter() - started)
        times.append((round(spent, 1), name))
    times.sort()
    worst = [f"{ms} {name}" for ms, name in times[-3:]]
    return {"p50": times[len(times) // 2][0], "p95": times[int(len(times) * 0.95)][0], "worst": worst}


if __name__ == "__main__":
    main()
