"""Teasers end where sentences end, bylines read as people write them."""

from __future__ import annotations

import pytest

from newsletter.rendering.byline import byline
from newsletter.rendering.teaser import fit


@pytest.mark.parametrize(
    ("text", "longest", "fitted"),
    [
        ("Short.", 50, "Short."),
        ("One sentence here. And another one follows it.", 30, "One sentence here."),
        ("The U.S. has two aims in Asia. It reached one of them.", 40, "The U.S. has two aims in Asia."),
        ("Dr. Lee spoke of 3.5 percent growth. Nobody listened to her.", 45, "Dr. Lee spoke of 3.5 percent growth."),
        ("He said, “We will not go. Never.” And then he went to the port.", 40, "He said, “We will not go. Never.”"),
        ("A long clause about the port, then another clause about the sea", 40, "A long clause about the port…"),
        ("words without any end at all that go on and on", 20, "words without any…"),
        ("Порт вырос. Его строили семь лет, и всё это время спорили.", 26, "Порт вырос."),
        ("В 2019 г. порт вырос вдвое. Потом пришёл кризис и всё встало.", 36, "В 2019 г. порт вырос вдвое."),
        ("نما الميناء بسرعة كبيرة. ثم توقفت الأعمال فيه.", 30, "نما الميناء بسرعة كبيرة."),
        ("港口发展迅速。后来一切都停了下来，人们开始争论。", 12, "港口发展迅速。"),
        (
            "The port will grow in spring, but not before the law is passed by both houses",
            45,
            "The port will grow in spring, but not before…",
        ),
        ("Le port a grandi, les loyers aussi, sauf dans le quartier nord de la ville", 40, "Le port a grandi…"),
        (
            "Exports rose by 1,250 tons in J. R. Smith’s model of the port. More follows.",
            62,
            "Exports rose by 1,250 tons in J. R. Smith’s model of the port.",
        ),
        (
            "«Порт растёт. И будет расти», — сказал мэр. Потом он ушёл.",
            44,
            "«Порт растёт. И будет расти», — сказал мэр.",
        ),
        ("El puerto creció mucho. Después llegó la crisis.", 30, "El puerto creció mucho."),
    ],
)
def test_a_teaser_ends_at_a_good_place(text: str, longest: int, fitted: str) -> None:
    assert fit(text, longest=longest) == fitted


@pytest.mark.parametrize(
    ("authors", "language", "line"),
    [
        (["A"], "en", "A"),
        (["A", "B"], "en", "A and B"),
        (["A", "B", "Thomas Graham, Jr."], "en", "A, B, and Thomas Graham, Jr."),
        (["A", "B", "C"], "fr", "A, B et C"),
        (["А", "Б", "В"], "ru", "А, Б и В"),
        (["أ", "ب"], "ar", "أ وب"),
        (["甲", "乙", "丙"], "zh", "甲、乙和丙"),
        (["A", "B"], "es", "A y B"),
        (["A", "B", "C", "D", "E"], "en", "A, B, C and others"),
        (["A", "B"], "xx-nowhere", "A and B"),
    ],
)
def test_a_byline_joins_names_in_the_way_of_the_language(authors: list[str], language: str, line: str) -> None:
    assert byline(authors, language=language) == line


def test_without_authors_the_institution_signs() -> None:
    assert byline([], institution="Meridian Institute") == "Meridian Institute"
