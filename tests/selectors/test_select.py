"""One tree, two evaluators: the query and the explanation never disagree."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from newsletter.articles.models import Article
from newsletter.errors import Invalid, Refused
from newsletter.expressions.fold import fold
from newsletter.expressions.parse import parse
from newsletter.expressions.tree import And, Clause, Node, Not, Or
from newsletter.expressions.write import write
from newsletter.selectors.check import check_section, check_selector
from newsletter.selectors.condition import condition
from newsletter.selectors.explain import explain, lacks, passes
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed
from newsletter.selectors.select import count, select
from newsletter.selectors.sql import Sql
from tests.factories import NOW, make_article

CASES = int(os.environ.get("SELECTOR_CASES", "150"))
VALUES = (
    *("ctw", "CTW", "asia", "russia", "Middle East", "middle\u00a0east", "Türkiye", "Tu\u0308rkiye", "TURKIYE"),
    *(
        "China’s Rise",
        "china's rise",
        "Ёлка",
        "елка",
        "المَصْدر",
        "المصدر",
        "الأردن",
        "الاردن",
        "none",
        "any",
        "a=b",
        'say "hi"',
        "\u200b",
    ),
)
READ = tuple(value for value in VALUES if fold(value))  # a selector cannot ask for what folds to nothing
LISTED = (
    *("newsletters", "center_codes", "centers", "program_codes", "programs", "projects", "collections"),
    *("regions", "topics", "authors"),
)
SINGLE = ("primary_center", "type", "blog", "source", "language")
KEYED = sorted(name for name, facet in FACETS.items() if isinstance(facet, Keyed))
DAYS = [date(2026, 11, 24) - timedelta(days=days) for days in (-3, 0, 1, 6, 7, 8, 23, 29, 30, 31, 89, 90, 91, 400)]
ELSEWHERE = timezone(timedelta(hours=-11))
INSTANTS = (NOW, datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 23, 18, 30, tzinfo=ELSEWHERE))

clause = st.one_of(
    st.builds(Clause, st.sampled_from(KEYED), st.just(":"), st.sampled_from(READ)),
    st.builds(
        lambda facet, word: Clause(facet, ":", word, word),
        st.sampled_from(sorted(FACETS)),
        st.sampled_from(["none", "any"]),
    ),
    st.builds(
        Clause,
        st.just("age"),
        st.sampled_from(["<", "<=", ">", ">="]),
        st.sampled_from(["0d", "1d", "7d", "36h", "2w", "90d", "1d12h", "720m"]),
    ),
    st.builds(
        Clause, st.just("published"), st.sampled_from([":", "<", "<=", ">", ">="]), st.sampled_from(DAYS).map(str)
    ),
)
tree = st.recursive(
    clause,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda nodes: And(tuple(nodes)), st.lists(inner, min_size=2, max_size=4)),
        st.builds(lambda nodes: Or(tuple(nodes)), st.lists(inner, min_size=2, max_size=4)),
    ),
    max_leaves=8,
)
article = st.fixed_dictionaries(
    {
        **{name: st.lists(st.sampled_from(VALUES), max_size=3) for name in LISTED},
        **{name: st.sampled_from(["", *VALUES]) for name in SINGLE},
        "published": st.one_of(
            st.just((None, "")),
            st.sampled_from(DAYS).map(lambda day: (day, "day")),
            st.sampled_from(DAYS).map(lambda day: (day.replace(day=1), "month")),
        ),
    }
)


def stored(given: dict[str, Any]) -> Article:
    day, precision = given["published"]
    plain = {name: value for name, value in given.items() if name != "published"}
    return make_article(published_on=day, published_precision=precision, **plain)


def chosen_by_query(node: Node, at: datetime) -> set[int]:
    sql = condition(node, at)
    return {row.pk for row in Article.objects.raw(f"select id from newsletter_article where {sql.text}", sql.values)}


def all_pages(text: str, limit: int) -> list[Article]:
    seen: list[Article] = []
    page = select(text, at=NOW, limit=limit)
    seen += page.articles
    while page.next is not None:
        page = select(text, at=NOW, limit=limit, after=page.next)
        seen += page.articles
    return seen


class TwoEvaluators(TestCase):
    """Random trees over random articles."""

    @given(st.lists(article, min_size=1, max_size=4), st.lists(tree, min_size=1, max_size=6), st.sampled_from(INSTANTS))
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    def test_the_query_and_the_explanation_agree(
        self, articles: list[dict[str, Any]], trees: list[Node], at: datetime
    ) -> None:
        rows = [stored(given) for given in articles]
        for node in trees:
            found = chosen_by_query(node, at)
            assert found == {row.pk for row in rows if passes(node, row, at)}, write(node)
            assert found == {row.pk for row in rows if not lacks(node, at)(row, row.facet_keys)}, write(node)

    @given(st.lists(article, max_size=7), tree, st.integers(1, 3))
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    def test_pages_hold_what_the_explanation_passes_newest_first(
        self, articles: list[dict[str, Any]], node: Node, limit: int
    ) -> None:
        rows = [stored(given) for given in articles]
        wanted = [row for row in rows if passes(node, row, NOW)]
        newest = sorted(wanted, key=lambda row: (row.published_on or date.min, row.pk), reverse=True)
        assert [row.pk for row in all_pages(write(node), limit)] == [row.pk for row in newest]
        assert count(write(node), at=NOW) == len(wanted)

    @given(article, tree)
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    def test_who_is_out_has_a_reason_and_who_is_in_has_none(self, given: dict[str, Any], node: Node) -> None:
        told = explain(node, stored(given), at=NOW)
        assert told.verdict == (told.nearest_miss == "") == (told.excluder == "") == (told.distance == (0, 0))


@pytest.mark.django_db
def test_a_nearest_miss_names_the_one_facet_that_lacks() -> None:
    row = make_article(program_codes=[], programs=[])
    told = explain(parse("newsletter:ctw and program:russia", FACETS), row, at=NOW)
    assert told.nearest_miss == "one facet away: program is empty, wanted program:russia"


@pytest.mark.django_db
def test_an_unwanted_value_is_told_as_such() -> None:
    told = explain(parse("newsletter:ctw and not type:commentary", FACETS), make_article(), at=NOW)
    assert told.nearest_miss == "one facet away: type is commentary, not wanted type:commentary"


@pytest.mark.django_db
def test_a_value_set_by_hand_is_marked() -> None:
    row = make_article(regions=["Iran"], overrides={"regions": {"value": ["Iran"], "by": "ada"}})
    assert explain(parse("region:Iran", FACETS), row, at=NOW).steps[0].overridden


@pytest.mark.django_db
def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    made = [make_article(published_on=day) for day in (None, DAYS[0], DAYS[1], DAYS[1], None)]
    seen = [row.pk for row in all_pages("newsletter:ctw", 2)]
    assert seen == [made[1].pk, made[3].pk, made[2].pk, made[4].pk, made[0].pk]


@pytest.mark.django_db
def test_a_value_no_article_has_is_a_warning_with_the_nearest_one() -> None:
    make_article(program_codes=["russia"])
    found = select("program:rusia", at=NOW, limit=5)
    assert [odd.words for odd in found.warnings] == ["No article has program:rusia - did you mean russia?"]


@pytest.mark.django_db
def test_a_value_that_is_like_none_is_a_warning_without_a_guess() -> None:
    make_article(regions=["Iran"])
    assert [odd.words for odd in select('region:"and"', at=NOW, limit=5).warnings] == ['No article has region:"and"']


@pytest.mark.django_db
def test_a_wrong_facet_is_refused() -> None:
    with pytest.raises(Invalid, match="no facet"):
        select("colour:red", at=NOW, limit=5)


@pytest.mark.django_db
def test_a_withdrawn_article_is_not_selected() -> None:
    make_article(withdrawn_at=NOW)
    assert select("newsletter:ctw", at=NOW, limit=5).articles == []


@pytest.mark.django_db
def test_two_clauses_of_one_facet_are_one_facet_away() -> None:
    told = explain(parse("region:Iran and region:Iraq", FACETS), make_article(), at=NOW)
    assert told.nearest_miss == "one facet away: region is empty, wanted region:Iran and wanted region:Iraq"


@pytest.mark.django_db
def test_a_selection_is_patient_for_a_second_in_all_and_then_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.selectors.select.PRESENT", Sql("pg_sleep(0.4) is not null"))
    make_article(published_on=None)
    make_article(published_on=DAYS[-1])
    make_article()
    started = time.monotonic()
    with pytest.raises(Refused) as refused:
        select("newsletter:ctw", at=NOW, limit=5)
    assert time.monotonic() - started < 2
    assert (refused.value.code, refused.value.fix) == ("slow", "Add a newsletter, a topic or an age.")


@pytest.mark.parametrize(
    "text",
    [
        "not type:paper",
        "not type:paper and age > 30d",
        "not type:paper and not region:Iran",
        "newsletter:ctw or not type:paper",
        "not (type:paper and region:Iran)",
        "not type:paper and published < 2026-01-01",
        "not age < 30d",
    ],
)
def test_a_section_does_not_take_a_selector_that_only_refuses(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_section(text)
    assert refused.value.where.startswith("line 1, column")
    assert refused.value.fix.startswith("Say what it is to choose")


@pytest.mark.parametrize(
    "text",
    [
        "type:any",
        "newsletter:none and not type:paper",
        "not type:paper and age < 30d",
        "not type:paper and published >= 2026-01-01",
        "not (type:paper or not region:Iran)",
        "not newsletter:any and not type:paper",
        "age > 30d",
    ],
)
def test_a_section_takes_a_selector_that_a_value_or_a_window_bounds(text: str) -> None:
    assert check_section(text) == check_selector(text)


@pytest.mark.django_db
def test_a_selector_that_only_refuses_is_a_warning_where_it_is_tried() -> None:
    make_article(type="paper")
    found = select("not type:paper", at=NOW, limit=5)
    assert [(odd.start, odd.words) for odd in found.warnings] == [
        (4, "not type:paper alone lets nearly all articles of all years in; a section would refuse it")
    ]


@pytest.mark.parametrize(
    ("text", "where", "fix"),
    [
        ("published >= 2026-02-30", 14, "There is no such day; the last of that month is 2026-02-28."),
        ("published >= 2026-13-01", 14, "Write a date like 2026-11-19."),
        ("published:20261119", 11, "Write a date like 2026-11-19."),
        ("published:2026-W47-4", 11, "Write a date like 2026-11-19."),
        (
            "age < 3y",
            7,
            "Write it like 7d: m is minutes, h hours, d days, w weeks; for a month 30d, for a year 365d.",
        ),
        ("age:7d", 4, "Use one of: < <= > >="),
    ],
)
def test_a_date_or_an_age_nobody_can_read_says_how_to_write_it(text: str, where: int, fix: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_selector(text)
    assert (refused.value.where, refused.value.fix) == (f"line 1, column {where}", fix)


@pytest.mark.django_db
def test_a_miss_names_every_value_that_would_do() -> None:
    told = explain(parse("type:paper or type:report", FACETS), make_article(), at=NOW)
    assert told.nearest_miss == "one facet away: type is commentary, wanted type:paper or type:report"


@pytest.mark.django_db
def test_the_nearest_miss_counts_facets_not_clauses() -> None:
    tree = parse("(region:A and region:B and region:C) or (topic:X and type:paper)", FACETS)
    assert explain(tree, make_article(), at=NOW).distance == (1, 3)


@pytest.mark.django_db
def test_what_fails_beside_an_alternative_that_holds_is_not_held_against_the_article() -> None:
    tree = parse("(type:commentary or type:paper) and (topic:A or topic:B)", FACETS)
    steps = explain(tree, make_article(), at=NOW).steps
    assert [(step.passed, step.spared) for step in steps] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]
    assert steps[1].words == "· type:paper: type is commentary (an alternative holds)"
