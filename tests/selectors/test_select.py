"""One tree, two evaluators: the query and the explanation never disagree."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from newsletter.articles.models import Article
from newsletter.errors import Invalid
from newsletter.expressions.parse import parse
from newsletter.expressions.tree import And, Clause, Node, Not, Or
from newsletter.expressions.write import write
from newsletter.selectors.condition import condition
from newsletter.selectors.explain import explain, passes
from newsletter.selectors.facets import FACETS
from newsletter.selectors.select import count, select
from tests.factories import NOW, make_article

CASES = int(os.environ.get("SELECTOR_CASES", "150"))
VALUES = ("ctw", "CTW", "asia", "russia", "Middle East", "middle east", "Türkiye", "commentary")
LISTED = ("newsletters", "center_codes", "program_codes", "regions", "topics", "authors")
DAYS = [date(2026, 11, 24) - timedelta(days=days) for days in (-3, 0, 1, 6, 7, 8, 29, 30, 31, 400)]

clause = st.one_of(
    st.builds(
        Clause,
        st.sampled_from(["newsletter", "affiliation", "center", "program", "region", "topic", "type"]),
        st.just(":"),
        st.sampled_from(VALUES),
    ),
    st.builds(
        lambda facet, word: Clause(facet, ":", word, word),
        st.sampled_from(sorted(FACETS)),
        st.sampled_from(["none", "any"]),
    ),
    st.builds(
        Clause, st.just("age"), st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(["1d", "7d", "36h", "2w"])
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
        **{name: st.lists(st.sampled_from(VALUES), max_size=2) for name in LISTED},
        "type": st.sampled_from(["", "commentary", "paper"]),
        "published_on": st.sampled_from([None, *DAYS]),
    }
)


def chosen_by_query(node: Node) -> set[int]:
    sql = condition(node, NOW)
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

    @given(st.lists(article, min_size=1, max_size=4), st.lists(tree, min_size=1, max_size=6))
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    def test_the_query_and_the_explanation_agree(self, articles: list[dict[str, object]], trees: list[Node]) -> None:
        rows = [make_article(**given) for given in articles]
        for node in trees:
            found = chosen_by_query(node)
            assert found == {row.pk for row in rows if passes(node, row, NOW)}, write(node)

    @given(st.lists(article, max_size=7), tree, st.integers(1, 3))
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    def test_pages_hold_what_the_explanation_passes_newest_first(
        self, articles: list[dict[str, object]], node: Node, limit: int
    ) -> None:
        rows = [make_article(**given) for given in articles]
        wanted = [row for row in rows if passes(node, row, NOW)]
        newest = sorted(wanted, key=lambda row: (row.published_on or date.min, row.pk), reverse=True)
        assert [row.pk for row in all_pages(write(node), limit)] == [row.pk for row in newest]
        assert count(write(node), at=NOW) == len(wanted)

    @given(article, tree)
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    def test_who_is_out_has_a_reason_and_who_is_in_has_none(self, given: dict[str, object], node: Node) -> None:
        told = explain(node, make_article(**given), at=NOW)
        assert told.verdict == (told.nearest_miss == "") == (told.excluder == "")


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
def test_a_wrong_facet_is_refused() -> None:
    with pytest.raises(Invalid, match="no facet"):
        select("colour:red", at=NOW, limit=5)


@pytest.mark.django_db
def test_a_withdrawn_article_is_not_selected() -> None:
    make_article(withdrawn_at=NOW)
    assert select("newsletter:ctw", at=NOW, limit=5).articles == []
