"""Every digest template takes every digest, in every language, and passes its own proofreading."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from newsletter.rendering.digest import Digest, Event, Piece, from_dict
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import TEMPLATES, render
from newsletter.rendering.sample import sample
from newsletter.rendering.typography import quoted
from newsletter.rendering.words import ENGLISH, LANGUAGES
from tests.rendering.specimens import NONCE, arabic, chinese, english

NAMES = sorted(place.name.removesuffix(".mjml.j2") for place in (TEMPLATES / "digests").glob("*.mjml.j2"))


def rich(digest: Digest) -> Digest:
    """A digest whose first article has everything an article can have."""
    first, *others = digest.sections
    item = replace(
        first.items[0],
        quote="A treaty nobody measures is a poem.",
        quoted="Amal Haddad",
        event=Event("Thursday, December 3, 2026 · 6:00 PM EST", "Harbor Avenue 1780", "2026-12-03T18:00-05:00"),
        body=("The first paragraph.", "The second paragraph."),
        link_text="The whole story",
        byline="Ada Byron",
        signed=(Piece("Ada Byron", "https://meridian.example/people/ada-byron"),),  # nothing beside it: a target
    )
    return replace(digest, sections=(replace(first, items=(item, *first.items[1:])), *others))


OF_THE_WORDS = {"subject", "title", "repeats", "echoes", "preheader", "mixed_directions"}  # not the template's doing
DIGESTS = {"en": rich(english()), "few": rich(english(2)), "ar": rich(arabic()), "zh": rich(chinese())}


def test_the_family_is_whole() -> None:
    assert NAMES == ["briefing", "classic", "compact", "single"]


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("name", DIGESTS)
def test_every_article_of_a_digest_is_in_both_parts(template: str, name: str) -> None:
    digest = DIGESTS[name]
    made = render(digest, template=template, nonce=NONCE)
    addresses = [item.url for section in digest.sections for item in section.items]
    assert [url for url in addresses if url.replace("&", "&amp;") not in made.html or url not in made.text] == []


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_speaks_every_language(template: str, language: str) -> None:
    made = render(replace(english(3), language=language), template=template, nonce=NONCE)
    assert f'lang="{language}"' in made.html


@pytest.mark.parametrize("template", NAMES)
def test_a_quotation_and_an_event_stand_in_both_parts(template: str) -> None:
    made = render(DIGESTS["en"], template=template, nonce=NONCE)
    for part in (made.html, made.text):
        assert "“A treaty nobody measures is a poem.”" in part
        assert "Thursday, December 3, 2026 · 6:00 PM EST" in part


def test_only_the_single_story_shows_the_text_of_an_article() -> None:
    made = {name: render(DIGESTS["en"], template=name, nonce=NONCE).html for name in NAMES}
    assert [name for name, html in made.items() if "The second paragraph." in html] == ["single"]


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("name", DIGESTS)
def test_our_own_templates_have_nothing_to_correct(template: str, name: str) -> None:
    made = render(DIGESTS[name], template=template, nonce=NONCE)
    found = proofread(made, DIGESTS[name], production=True)
    assert [(finding.rule, finding.place) for finding in found if finding.rule not in OF_THE_WORDS] == []


def test_a_briefing_counts_its_articles_through_all_sections() -> None:
    html = render(english(8), template="briefing", nonce=NONCE).html
    assert [number for number in range(1, 10) if f">{number}</span>" in html] == list(range(1, 9))


def test_a_rich_digest_survives_being_written_down() -> None:
    assert from_dict(DIGESTS["ar"].as_dict()) == DIGESTS["ar"]


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("So it is.", "en", "“So it is.”"),
        ("“So it is.”", "en-GB", "“So it is.”"),
        ("C’est ainsi.", "fr", "«\u202fC’est ainsi.\u202f»"),
        ("Так и есть.", "ru", "«Так и есть.»"),
        ("هكذا هو.", "ar", "«هكذا هو.»"),
        ("正是如此。", "zh", "“正是如此。”"),
    ],
)
def test_quotation_marks_are_those_of_the_language_and_stand_once(text: str, language: str, shown: str) -> None:
    assert quoted(text, language) == shown


@pytest.mark.parametrize("template", NAMES)
def test_a_digest_without_articles_is_a_page_all_the_same(template: str) -> None:
    made = render(replace(english(), sections=()), template=template, nonce=NONCE)
    assert "This Week at Meridian" in made.html


@pytest.mark.parametrize("template", NAMES)
def test_names_lead_to_the_pages_of_their_authors(template: str) -> None:
    made = render(english(), template=template, nonce=NONCE)
    assert 'href="https://www.meridian-institute.example/people/1-2"' in made.html
    assert "Tomás Iriarte: https://www.meridian-institute.example/people/1-2" in made.text


def test_whom_a_picture_is_by_stands_below_it_or_at_the_end() -> None:
    assert "Photo: R. Okafor/Harbor Photos" in render(english(3, images=1), template="classic", nonce=NONCE).html
    assert "Photos: R. Okafor/Harbor Photos; M. Quintana" in render(english(), template="compact", nonce=NONCE).html


def test_an_upright_picture_is_not_taller_than_a_screen() -> None:
    digest = english(1, images=1)
    [first] = digest.sections
    [item] = first.items
    assert item.image is not None
    upright = replace(item, image=replace(item.image, width=600, height=900))
    html = render(replace(digest, sections=(replace(first, items=(upright,)),)), template="classic", nonce=NONCE).html
    assert 'width="288"' in html


BARE = re.compile(r"[^\W\d_]{2,}")  # a word that no catalogue can translate
OF_THE_CODE = re.compile(
    r"{#.*?#}|{%.*?%}|{{.*?}}|<mj-style.*?</mj-style>|<mj-attributes>.*?</mj-attributes>|<mj-raw>.*?</mj-raw>"
    r"|<[^<>]*>|&#?\w+;",
    re.DOTALL,
)
SOURCES = sorted((TEMPLATES / "digests").rglob("*.j2"))


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_no_template_says_a_word_that_is_not_in_the_catalogues(source: Path) -> None:
    assert BARE.findall(OF_THE_CODE.sub(" ", source.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_every_interface_word_of_a_template_is_known(source: Path) -> None:
    used = re.findall(r"\bwords\.(\w+)", source.read_text(encoding="utf-8"))
    assert [word for word in used if word not in ENGLISH] == []


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_english_interface_word_is_left_in_another_language(template: str, language: str) -> None:
    made = render(sample(language, items=9, images=4), template=template, nonce=NONCE)
    english_words = [text for text in ENGLISH.values() if "{" not in text and len(text) > 8]
    shown = made.text + " ".join(lxml_html.document_fromstring(made.html).text_content().split())
    assert [text for text in english_words if text in shown] == []


@pytest.mark.parametrize("template", NAMES)
def test_latin_words_in_arabic_are_isolated(template: str) -> None:
    made = render(sample("ar", items=9, images=4), template=template, nonce=NONCE)
    for part in (made.html, made.text):
        assert "نُشر أولاً في \u2068The Harbor Review\u2069" in part
    assert "\u2068R. Okafor/Harbor Photos\u2069" in made.html or "R. Okafor" not in made.html


def test_capitals_spacing_and_slant_are_for_scripts_that_have_them() -> None:
    habits = ("text-transform", "letter-spacing", "font-style")
    made = {language: render(sample(language), template="classic", nonce=NONCE).html for language in LANGUAGES}
    cased = ("en", "fr", "ru", "es")
    assert {language: [habit for habit in habits if habit in html] for language, html in made.items()} == {
        language: list(habits) if language in cased else [] for language in LANGUAGES
    }
