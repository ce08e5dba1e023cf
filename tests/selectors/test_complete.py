"""What the desk offers while a selector is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newsletter.selectors.check import check_selector
from newsletter.selectors.complete import complete, forget
from newsletter.selectors.facets import FACETS
from tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _articles() -> Iterator[None]:
    forget()
    make_article("One", regions=["Middle East", "Iran"], newsletters=["ctw"])
    make_article("Two", regions=["Middle East"], newsletters=["asia"])
    make_article("Three", regions=["East Asia"], newsletters=["ctw"], authors=["Thomas Graham, Jr."])
    yield
    forget()


def inserts(text: str, cursor: int | None = None) -> list[str]:
    return [one.insert for one in complete(text, len(text) if cursor is None else cursor)]


def test_an_empty_selector_offers_every_facet_and_not() -> None:
    assert inserts("") == [f"{name} " if name in ("published", "age") else f"{name}:" for name in FACETS] + ["not "]


def test_a_word_is_finished_to_the_facets_that_begin_so() -> None:
    assert inserts("pr") == ["program:", "primary-center:", "project:"]


def test_values_come_commonest_first_and_quoted_where_they_must_be() -> None:
    assert inserts("region:") == ['"Middle East"', '"East Asia"', "Iran", "none", "any"]


def test_a_value_that_begins_so_comes_before_one_that_holds_it() -> None:
    assert inserts("region:east") == ['"East Asia"', '"Middle East"']


def test_an_open_quotation_is_replaced_from_its_mark_on() -> None:
    text = 'author:"thom'
    [offer] = complete(text, len(text))
    assert text[: offer.start] + offer.insert == 'author:"Thomas Graham, Jr."'


def test_the_rest_of_a_value_behind_the_cursor_is_replaced_too() -> None:
    text = "newsletter:ctx and type:any"
    offer = complete(text, len("newsletter:ct"))[0]
    assert text[: offer.start] + offer.insert + text[offer.end :] == "newsletter:ctw and type:any"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("newsletter:ctw and regi", ["region:"]),
        ("newsletter:ctw and region:east", ['"East Asia"', '"Middle East"']),
        ('author:"Ada" and (newsletter:ctw or region:"mid', ['"Middle East"']),
        ("newsletter:ctw and region:middle e", ['"Middle East"']),
        ("newsletter:ctw an", ["and "]),
        ("newsletter:ctw and not", ["not "]),
        ("newsletter:ctw and age", ["age "]),
        ("newsletter:ctw and age < 7d a", ["and "]),
        ('topic:"about region:', []),
        ("newsletter:ctw and topic:a", ["any"]),
    ],
)
def test_what_stands_before_does_not_matter(text: str, offered: list[str]) -> None:
    assert inserts(text) == offered


def test_behind_a_whole_condition_and_and_or_are_offered() -> None:
    assert inserts("newsletter:ctw ") == ["and ", "or "]


def test_behind_a_date_facet_its_operators_are_offered() -> None:
    assert inserts("age ") == ["<", "<=", ">", ">="]


def test_a_value_carries_how_many_of_the_newest_articles_have_it() -> None:
    assert complete("region:mid", 10)[0].count == 2


@pytest.mark.parametrize("text", ["(", "not ", "newsletter:ctw and (", ") : <", '"', "age < ", "x" * 300, "region:\0"])
def test_any_text_and_any_place_will_do(text: str) -> None:
    for cursor in range(-1, len(text) + 2):
        complete(text, cursor)


@pytest.mark.parametrize("facet", FACETS)
def test_every_value_that_is_offered_makes_a_selector(facet: str) -> None:
    for operator in (":", *FACETS[facet].operators):
        for insert in inserts(f"{facet}{operator}"):
            check_selector(f"{facet}{operator}{insert}")
