"""The planner goes the way it was measured to be quickest, whatever it thinks of a selector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from newsletter.articles.models import Article
from newsletter.selectors.check import check_selector
from newsletter.selectors.condition import is_anchored
from newsletter.selectors.select import Query, queries
from tests.factories import NOW, make_article

ROWS = 4000
OWN = {  # columns that differ from row to row: ten articles a day, one in forty of program russia
    "identity": "'copy/' || n",
    "published_on": "date '2026-11-24' - n / 10",
    "facet_keys": "array['newsletter=ctw', case when mod(n, 40) = 0 then 'program=russia' else 'program=mep' end]",
}


@pytest.fixture
def many(db: None) -> None:
    """Four thousand articles over four hundred days, known to the planner."""
    columns = [field.column for field in Article._meta.concrete_fields if not field.primary_key]
    values = ", ".join(OWN.get(column, f"newsletter_article.{column}") for column in columns)
    first = make_article()
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into newsletter_article ({', '.join(columns)}) select {values}"
            f" from newsletter_article, generate_series(1, {ROWS}) as n where id = %s",
            [first.pk],
        )
        cursor.execute("analyze newsletter_article")


def asked(text: str) -> list[Query]:
    return list(queries(check_selector(text), at=NOW, limit=21))


def plan(query: Query) -> list[dict[str, Any]]:
    """Every node of the plan."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {query.listed}", query.values)
        return list(nodes(cursor.fetchone()[0][0]["Plan"]))


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from nodes(inner)


def indexes(query: Query) -> list[str]:
    return [node["Index Name"] for node in plan(query) if "Index Name" in node]


@pytest.mark.usefixtures("many")
def test_a_few_weeks_are_walked_along_the_dates_in_one_query() -> None:
    (query,) = asked("program:russia and age < 60d")
    assert indexes(query) == ["article_published"]


@pytest.mark.usefixtures("many")
def test_the_newest_are_walked_and_what_lies_deeper_is_looked_up() -> None:
    newest, deeper, undated = asked("program:russia")
    assert [indexes(newest), indexes(deeper)] == [["article_published"], ["article_facet_keys"]]
    assert indexes(undated)


@pytest.mark.usefixtures("many")
def test_keys_joined_by_and_read_the_index_once() -> None:
    _, deeper, _ = asked("newsletter:ctw and program:russia and type:paper and not region:Iran")
    assert indexes(deeper) == ["article_facet_keys"]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("text", ["not program:russia", "type:any", "newsletter:ctw or age > 2w"])
def test_what_no_key_finds_is_walked_in_order_and_never_sorted(text: str) -> None:
    for query in asked(text)[:2]:
        assert "Sort" not in {node["Node Type"] for node in plan(query)}


def read(query: Query) -> int:
    """How many rows the scans of a query look at."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, format json) {query.listed}", query.values)
        found = list(nodes(cursor.fetchone()[0][0]["Plan"]))
    scans = [node for node in found if node["Node Type"] in ("Index Scan", "Bitmap Heap Scan", "Seq Scan")]
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(node["Actual Rows"] + sum(node.get(name, 0) for name in removed) for node in scans)


@pytest.mark.usefixtures("many")
def test_a_week_reads_one_in_fifty_of_four_hundred_days() -> None:
    (query,) = asked("program:russia and age < 7d")
    assert 0 < read(query) <= ROWS / 50


@pytest.mark.usefixtures("many")
def test_the_newest_read_one_in_ten_of_four_hundred_days() -> None:
    newest, _, _ = asked("program:russia")
    assert 0 < read(newest) <= ROWS / 10


@pytest.mark.usefixtures("many")
def test_what_lies_deeper_reads_only_what_has_the_key() -> None:
    _, deeper, _ = asked("program:russia")
    assert 0 < read(deeper) <= ROWS / 40


@pytest.mark.usefixtures("many")
def test_a_window_of_a_month_costs_no_more_than_five_of_a_week() -> None:
    (week,), (month,) = asked("program:russia and age < 7d"), asked("program:russia and age < 30d")
    assert read(month) <= 5 * read(week)


@pytest.mark.parametrize(
    ("text", "anchored"),
    [
        ("program:russia", True),
        ("program:none", True),
        ("not program:any", True),
        ("program:any", False),
        ("not program:russia", False),
        ("program:russia and not type:paper", True),
        ("program:russia or not type:paper", False),
        ("not (program:russia or type:any)", True),
        ("not (program:russia and type:any)", False),
        ("age < 7d", False),
    ],
)
def test_only_a_key_that_must_be_there_anchors_a_selector(text: str, anchored: bool) -> None:
    assert is_anchored(check_selector(text)) == anchored


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("program:russia and age < 30d", 1),
        ("program:russia and published >= 2026-10-01", 1),
        ("program:russia and published >= 2020-01-01", 2),
        ("program:russia and not age < 30d", 3),
    ],
)
def test_dates_that_bind_the_whole_selector_spare_queries(text: str, count: int) -> None:
    assert len(asked(text)) == count
