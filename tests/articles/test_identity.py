"""One article, whatever its address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.identity import address_identity, clean_address, identity_of, slug_of, words_identity

SAME = [
    "https://meridian.example/2014/01/russia-s-rivers",
    "https://meridian.example/en/2014/01/russias-rivers",
    "https://www.meridian.example/russia-eurasia/notes/2014/01/russias-rivers/?lang=en",
    "https://meridian.example/india/2014/01/russia%E2%80%99s-rivers?utm_source=x&utm_medium=mail#top",
    "http://legacy.example/2014/01/01/russia-s-rivers-pub-54321",
    "https://meridian.example/2014/1/Russias-Rivers.html",
]


@pytest.mark.parametrize("url", SAME)
def test_section_language_number_and_apostrophe_make_no_difference(url: str) -> None:
    assert address_identity(url) == "2014/01/russiasrivers"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.org/2014/01/rivers", "https://x.org/2014/02/rivers"),
        ("https://x.org/2014/01/rivers", "https://x.org/2014/01/rivers-two"),
        ("https://x.org/rivers", "https://y.org/rivers"),
        ("https://x.org/notes/89708", "https://x.org/papers/89708"),
        ("https://x.org/index.cfm?id=1", "https://x.org/index.cfm?id=2"),
    ],
)
def test_other_months_slugs_sites_and_numbers_are_other_articles(one: str, other: str) -> None:
    assert address_identity(one) != address_identity(other)


def test_identities_of_older_releases_stand() -> None:
    assert words_identity("الأردن", ["آمال"]) == "title:الأردن|آمال"


def test_an_address_of_no_article_has_no_identity() -> None:
    assert [address_identity(url) for url in ("", "https://x.org/", "http://[broken")] == ["", "", ""]


def test_without_an_address_title_and_authors_are_the_identity_however_they_are_written() -> None:
    one = words_identity("Türkiye’s  Rivers", ["Ada Byron", "Li Wei"])
    assert (
        one
        == words_identity("turkiye's rivers", ["LI WEI", "Ada Byron"])
        == identity_of("", "TÜRKIYE’S RIVERS", ["Li Wei", "Ada Byron"])
    )
    assert one != words_identity("Türkiye’s Rivers", ["Ada Byron"])


def test_tracking_is_taken_off_an_address_and_its_language_stays() -> None:
    assert clean_address(" HTTPS://X.org/a?utm_source=b&lang=en&fbclid=1#c ") == "https://x.org/a?lang=en"
    assert clean_address("https://x.org/a?q=%20b") == "https://x.org/a?q=%20b"


def test_a_slug_has_no_number_and_no_ending() -> None:
    assert [slug_of(url) for url in (SAME[4], SAME[5], "https://x.org/")] == ["russia-s-rivers", "Russias-Rivers", ""]


@given(st.text(max_size=80), st.text(max_size=1000), st.lists(st.text(max_size=50), max_size=3))
def test_every_article_has_a_key_that_fits(path: str, title: str, authors: list[str]) -> None:
    for url in ("", path, f"https://x.org/2020/01/{path}", f"https://{path}"):
        assert 0 < len(identity_of(url, title, authors)) <= 500


@pytest.mark.parametrize("slug", ["ar-pub-{}", "ru-pub-{}", "-pub-{}", "pub-{}"])
def test_a_legacy_number_is_what_tells_addresses_apart_that_have_no_slug(slug: str) -> None:
    one, other = (address_identity(f"https://m.example/2014/01/01/{slug.format(number)}") for number in (53, 54))
    assert one != other
    assert slug_of(f"https://m.example/2014/01/01/{slug.format(53)}") == ""
