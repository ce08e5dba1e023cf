"""Bylines are signed by the rules of the newsletter, in the way of the language."""

from __future__ import annotations

import pytest

from newsletter.rendering.byline import Author, Rules, byline, sign, spoken
from newsletter.rendering.digest import Piece
from newsletter.rendering.words import LANGUAGES

ADA, BO = Author("Ada Byron", "https://m.example/ada", "Meridian China"), Author("Bo Li", "", "Meridian India")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "A1, A2, A3 and others"),
        ("fr", "A1, A2, A3 et autres"),
        ("ru", "А1, А2, А3 и другие"),
        ("ar", "أ1 وأ2 وأ3 وآخرون"),
        ("zh", "甲1、甲2、甲3等"),
        ("es", "A1, A2, A3 y otros"),
    ],
)
def test_above_the_most_names_the_others_are_not_named(language: str, line: str) -> None:
    letter = {"ru": "А", "ar": "أ", "zh": "甲"}.get(language, "A")
    assert byline([f"{letter}{number}" for number in range(1, 6)], language=language) == line


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 12, 50])
def test_every_name_stands_in_order_and_once(language: str, number: int) -> None:
    names = [f"Name{at}x" for at in range(number)]
    line = byline(names, language=language, most=50)
    assert [name for name in names if line.count(name) != 1] == []
    assert sorted(names, key=line.index) == names


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["Ana", "Inés"], "Ana e Inés"),
        (["Ana", "Hilda"], "Ana e Hilda"),
        (["Ana", "Hierro"], "Ana y Hierro"),
        (["Inés", "Ana"], "Inés y Ana"),
        (["Eva y Paz", "Ivo"], "Eva y Paz e Ivo"),
    ],
)
def test_spanish_says_e_before_the_sound_i(names: list[str], line: str) -> None:
    assert byline(names, language="es") == line


def test_a_name_leads_to_the_page_of_its_author() -> None:
    assert sign([ADA, BO]) == (Piece("Ada Byron", "https://m.example/ada"), Piece(" and "), Piece("Bo Li"))


def test_no_name_leads_anywhere_where_the_newsletter_does_not_want_it() -> None:
    assert [piece.url for piece in sign([ADA, BO], rules=Rules(pages=False))] == ["", "", ""]


def test_centers_stand_behind_the_names_where_they_differ() -> None:
    line = spoken(sign([ADA, BO], rules=Rules(affiliations=True)))
    assert line == "Ada Byron (Meridian China) and Bo Li (Meridian India)"


def test_a_center_that_all_share_is_said_once() -> None:
    authors = [Author("甲", "", "中心"), Author("乙", "", "中心")]
    assert spoken(sign(authors, language="zh", rules=Rules(affiliations=True))) == "甲和乙（中心）"


def test_an_author_without_a_center_has_no_brackets() -> None:
    assert spoken(sign([ADA, Author("Cy")], rules=Rules(affiliations=True))) == "Ada Byron (Meridian China) and Cy"


def test_latin_names_and_centers_are_isolated_in_arabic() -> None:
    line = spoken(sign([ADA, Author("أمل حداد")], language="ar", rules=Rules(affiliations=True)))
    assert line == "\u2068Ada Byron\u2069 (\u2068Meridian China\u2069) وأمل حداد"


def test_one_name_may_be_the_most() -> None:
    assert byline(["A", "B", "C"], most=1) == "A and others"


def test_braces_in_a_name_are_only_braces() -> None:
    assert byline(["{0}", "B{1}"]) == "{0} and B{1}"


def test_blank_names_are_no_names() -> None:
    assert (byline([" ", "\t"], institution="Meridian"), byline([])) == ("Meridian", "")
