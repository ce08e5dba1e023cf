"""An issue as the digest its template receives."""

from __future__ import annotations

import pytest

from newsletter.articles.models import Article, ArticleBody
from newsletter.catalogue.models import Author, Brand, Newsletter
from newsletter.errors import Invalid
from newsletter.issues.compose import digest_of
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue
from newsletter.issues.queries import placed
from newsletter.issues.render import rendering_of
from newsletter.rendering.digest import Event, Item, Piece
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    newsletter = make_newsletter()
    article = make_article(newsletters=["ctw"])
    ArticleBody.objects.create(article=article, text="\n\n".join(["First paragraph. " * 20] * 30))
    return draft(newsletter, now=NOW, by="a test")


def first(issue: Issue, **words: str) -> Item:
    article = placed(issue).first().article_id  # type: ignore[union-attr]
    for field, value in words.items():
        reword(issue.pk, field, value, article_id=article, by="a test", now=NOW)
    return digest_of(find(issue.pk)).sections[0].items[0]


LANGUAGES = {"en": "Meridian takes no positions.", "ar": "لا مواقف."}


@pytest.mark.parametrize(
    ("texts", "language", "shown", "told"),
    [
        (LANGUAGES, "ar", ("لا مواقف.",), []),
        (LANGUAGES, "ar-EG", ("لا مواقف.",), []),
        (LANGUAGES, "ru", ("Meridian takes no positions.",), ["The one in en is shown: write ru"]),
        ({"ar": "لا مواقف."}, "en", (), ["None is shown: write en"]),
        ({}, "ru", (), []),
    ],
)
def test_a_center_without_a_disclaimer_in_the_language_is_told(
    issue: Issue, texts: dict[str, str], language: str, shown: tuple[str, ...], told: list[str]
) -> None:
    Brand.objects.create(code="moscow", name="Meridian Russia", design={"disclaimers": texts} if texts else {})
    Article.objects.update(primary_center="Meridian Russia")
    Newsletter.objects.update(language=language)
    for _ in range(2):  # rendered, and kept
        found = [one for one in rendering_of(find(issue.pk), now=NOW).findings if one["rule"] == "disclaimer"]
        assert [one["fix"].split(" below ")[0] for one in found] == told
    assert digest_of(find(issue.pk)).disclaimers == shown
    if told:
        assert found[0]["place"] == f"disclaimer of Meridian Russia in {language}"
        assert found[0]["fix"].endswith(" below [brand.disclaimers] of the brand moscow, and load it.")


def test_a_quotation_comes_with_who_says_it(issue: Issue) -> None:
    item = first(issue, quote="So it is.", quoted="Amal Haddad")
    assert (item.quote, item.quoted) == ("So it is.", "Amal Haddad")


def test_an_event_is_told_in_the_zone_and_language_of_the_newsletter(issue: Issue) -> None:
    Newsletter.objects.update(zone="America/New_York", language="en")
    item = first(
        issue, event_starts="2026-12-03T23:00:00Z", event_ends="2026-12-04T00:30:00Z", event_place="Harbor Avenue"
    )
    assert item.event == Event(
        when="Thursday, December 3, 2026 · 6:00\u202fPM – 7:30\u202fPM EST",
        place="Harbor Avenue",
        starts="2026-12-03T18:00:00-05:00",
        ends="2026-12-03T19:30:00-05:00",
    )


def test_a_place_alone_is_no_event(issue: Issue) -> None:
    assert first(issue, event_place="Harbor Avenue").event is None


def test_a_time_without_an_offset_is_refused(issue: Issue) -> None:
    with pytest.raises(Invalid, match="no time with an offset"):
        first(issue, event_starts="2026-12-03T18:00")


def test_only_the_single_story_carries_the_text_of_its_first_article(issue: Issue) -> None:
    before = first(issue).body
    Newsletter.objects.update(template="single")
    assert before == ()
    assert first(issue).body[0].startswith("First paragraph.")


def test_the_text_of_a_single_story_ends_with_a_whole_paragraph_that_fits(issue: Issue) -> None:
    Newsletter.objects.update(template="single")
    body = first(issue).body
    assert 0 < sum(map(len, body)) <= 3500
    assert {len(paragraph) for paragraph in body} == {len(("First paragraph. " * 20).strip())}


def test_a_byline_says_what_is_known_of_its_authors(issue: Issue) -> None:
    Author.objects.create(name="Ada Byron", folded="ada byron", page="https://m.example/ada", affiliation={"en": "DC"})
    Newsletter.objects.update(byline={"affiliations": True})
    item = first(issue)
    assert item.signed == (Piece("Ada Byron", "https://m.example/ada"), Piece(" (DC)"))
    assert item.byline == "Ada Byron (DC)"


@pytest.mark.parametrize(
    ("institution", "line"), [("center", "Meridian Beirut"), ("newsletter", "Meridian Institute"), ("nobody", "")]
)
def test_the_newsletter_says_who_signs_when_nobody_does(issue: Issue, institution: str, line: str) -> None:
    Newsletter.objects.update(byline={"institution": institution})
    Article.objects.update(authors=[], primary_center="Meridian Beirut")
    assert first(issue).byline == line


def test_a_teaser_written_by_hand_stands_as_it_was_written(issue: Issue) -> None:
    long = "A sentence of an editor who wants it whole. " * 20
    assert first(issue, teaser=long).teaser == long.strip()


def test_the_address_of_the_brand_stands_in_place_of_the_senders(issue: Issue) -> None:
    Brand.objects.create(code="beirut", name="Beirut", design={"postal_address": "17 Harbor Street, Beirut"})
    Newsletter.objects.update(brand="beirut")
    assert digest_of(find(issue.pk)).postal_address == "17 Harbor Street, Beirut"
