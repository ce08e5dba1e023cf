"""What every facet promises."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from newsletter.articles.facet_keys import READS, facet_keys_of
from newsletter.articles.models import Article
from newsletter.articles.override import OVERRIDABLE
from newsletter.expressions.parse import parse
from newsletter.selectors.condition import condition
from newsletter.selectors.explain import passes
from newsletter.selectors.facet import Facet
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed
from tests.factories import NOW, make_article

EMPTY: dict[str, Any] = {
    **dict.fromkeys(("newsletters", "center_codes", "program_codes", "centers", "programs", "projects"), ()),
    **dict.fromkeys(("collections", "regions", "topics", "authors"), ()),
    **dict.fromkeys(("primary_center", "type", "blog", "source", "language"), ""),
    "published_on": None,
}
SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {  # facet -> a clause that is true of an article with these fields
    "newsletter": ("newsletter:CTW", {"newsletters": ["ctw"]}),
    "affiliation": ("affiliation:mep", {"program_codes": ["MEP"]}),
    "center": ('center:"carnegie europe"', {"centers": ["Carnegie Europe"]}),
    "program": ("program:Russia", {"program_codes": ["russia"]}),
    "primary-center": ("primary-center:europe", {"primary_center": "Europe"}),
    "project": ("project:Étude", {"projects": ["Etude"]}),
    "collection": ("collection:Iran’s", {"collections": ["Iran's"]}),
    "region": ('region:"Middle East"', {"regions": ["Iran", "middle east"]}),
    "topic": ('topic:"Democracy, Conflict, and Governance"', {"topics": ["Democracy, Conflict, and Governance"]}),
    "type": ("type:Q&A", {"type": "q&a"}),
    "blog": ("blog:Diwan", {"blog": "Diwan"}),
    "author": ('author:"Thomas Graham, Jr."', {"authors": ["Thomas Graham, Jr."]}),
    "source": ("source:page-export", {"source": "page-export"}),
    "language": ("language:ru", {"language": "ru"}),
    "published": ("published >= 2026-11-23", {"published_on": date(2026, 11, 23)}),
    "age": ("age < 7d", {"published_on": date(2026, 11, 23)}),
}
every_facet = pytest.mark.parametrize("facet", FACETS.values(), ids=list(FACETS))


def answers(text: str, article: Article) -> tuple[bool, bool]:
    """What the query and what the explanation say."""
    sql = condition(parse(text, FACETS), NOW)
    found = list(Article.objects.raw(f"select id from newsletter_article where {sql.text}", sql.values))
    return article in found, passes(parse(text, FACETS), article, NOW)


@pytest.mark.parametrize("name", FACETS)
def test_a_facet_is_registered_under_its_name_and_has_a_sample(name: str) -> None:
    assert FACETS[name].name == name
    assert name in SAMPLES


def test_every_reading_of_the_keys_is_a_facet() -> None:
    assert set(READS) == {name for name, facet in FACETS.items() if isinstance(facet, Keyed)}


@every_facet
def test_a_facet_knows_the_fields_a_person_may_set(facet: Facet) -> None:
    assert set(facet.fields) <= OVERRIDABLE


@pytest.mark.django_db
@every_facet
def test_query_and_explanation_find_the_sample(facet: Facet) -> None:
    text, fields = SAMPLES[facet.name]
    assert answers(text, make_article(**{**EMPTY, **fields})) == (True, True)


@pytest.mark.django_db
@every_facet
def test_none_any_and_not_of_an_empty_facet(facet: Facet) -> None:
    empty = make_article(**EMPTY)
    texts = (f"{facet.name}:none", f"{facet.name}:any", f"not {SAMPLES[facet.name][0]}", SAMPLES[facet.name][0])
    told = [answers(text, empty) for text in texts]
    assert told == [(True, True), (False, False), (True, True), (False, False)]


@pytest.mark.django_db
@every_facet
def test_none_and_any_of_a_facet_with_a_value(facet: Facet) -> None:
    full = make_article(**{**EMPTY, **SAMPLES[facet.name][1]})
    assert [answers(f"{facet.name}:{word}", full) for word in ("none", "any")] == [(False, False), (True, True)]


@every_facet
def test_what_a_facet_cannot_read_has_a_way_out(facet: Facet) -> None:
    assert facet.complaint(facet.operators[0], "\u200b")


@every_facet
def test_an_empty_facet_is_told_in_words(facet: Facet) -> None:
    assert facet.blank
    assert facet.seen(Article(**{name: list(v) if v == () else v for name, v in EMPTY.items()})) == []


def test_values_that_differ_in_case_are_one_key() -> None:
    keys = facet_keys_of(Article(newsletters=["ctw", "CTW"]))
    assert [key for key in keys if key.startswith("newsletter=")] == ["newsletter=ctw"]
