"""The CMS doctor tells what is odd, suggests what would set it right, and keeps its doubts to itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.articles.models import Article
from newsletter.errors import Conflict, Invalid, NotFound
from newsletter.ingest.doctor import counts, counts_of_newest, findings, of_article, set_right, settle, unsettle
from newsletter.ingest.doctor.near import slip_at, swapped, typos
from newsletter.ingest.doctor.places import places
from newsletter.ingest.doctor.spellings import spellings
from newsletter.ingest.models import Record, Settled, Supplement
from newsletter.ingest.source import IncomingArticle
from newsletter.ingest.store import IngestReport, store
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
SOUND: dict[str, Any] = {
    "centers": ["Meridian Institute"],
    "primary_center": "Meridian Institute",
    "programs": ["Russia and Eurasia"],
    "program_codes": ["russia"],
    "regions": ["Russia"],
}


def sound(title: str = "", **given: Any) -> Article:
    """An article with nothing odd about it."""
    return make_article(title, **{**SOUND, **given})


def told(code: str = "", **asked: Any) -> list[tuple[str, str, str, str]]:
    rows = findings(code=code, limit=100, **asked).rows
    return [(row.code, row.field, row.value, row.suggestion) for row in rows]


def proposed(code: str) -> list[tuple[str, ...] | None]:
    return [row.proposal for row in findings(code=code, limit=100).rows]


class TestChecks:
    def test_a_sound_article_has_nothing_odd(self) -> None:
        make_newsletter("ctw")
        sound()
        assert told() == []

    def test_an_unknown_newsletter_code_comes_with_the_nearest_known_one(self) -> None:
        make_newsletter("ctw")
        sound(newsletters=["CTW", "ctv"])
        assert told() == [("unknown_newsletter", "newsletters", "ctv", "Did you mean ctw?")]
        assert proposed("unknown_newsletter") == [("CTW", "ctw")]

    def test_without_any_newsletter_no_code_is_unknown(self) -> None:
        sound(newsletters=["ctv"])
        assert told() == []

    def test_a_code_seen_once_and_near_a_frequent_one_is_a_typo(self) -> None:
        for _ in range(5):
            sound(program_codes=["MEP"])
        sound(program_codes=["MPE"])
        assert told() == [("unknown_program_code", "program_codes", "MPE", "Did you mean MEP?")]

    def test_a_short_code_that_differs_by_a_letter_is_another_code(self) -> None:
        for _ in range(5):
            sound(program_codes=["EP"])
        sound(program_codes=["AP"])
        assert told() == []

    def test_an_empty_affiliation_is_filled_from_what_stands_beside_the_same_center_elsewhere(self) -> None:
        sound()
        sound(center_codes=[], program_codes=[], programs=[])
        assert told() == [
            ("empty_affiliation", "center_codes", "", "Meridian Institute goes with dc."),
        ]
        assert proposed("empty_affiliation") == [("dc",)]

    def test_a_center_without_its_code_and_a_code_without_its_center(self) -> None:
        sound()
        sound(center_codes=[])
        sound(centers=[], primary_center="")
        assert told() == [
            ("code_without_center", "centers", "", "Mostly Meridian Institute."),
            ("center_without_code", "center_codes", "", "Its code is mostly dc."),
        ]

    def test_a_program_without_its_code_and_a_code_without_its_program(self) -> None:
        sound()
        sound(program_codes=[])
        sound(programs=[])
        assert told() == [
            ("code_without_program", "programs", "", "Mostly Russia and Eurasia."),
            ("program_without_code", "program_codes", "", "Its code is mostly russia."),
        ]

    def test_a_type_written_wrong(self) -> None:
        for _ in range(5):
            sound(type="pressRelease")
        sound(type="pressrelease")
        sound(type="press-release")
        sound(type="presRelease")
        assert [row[2] for row in told()] == ["presRelease", "press-release"]
        assert proposed("type_spelling") == [("pressRelease",)] * 2

    def test_blank_fields(self) -> None:
        sound(teaser="", url="", published_on=None, type="", title_derived=True)
        assert [row[0] for row in told()] == ["no_type", "no_teaser", "derived_title", "no_date", "no_address"]

    def test_a_language_that_contradicts_the_section(self) -> None:
        english = "The river is as low as it has been in the memory of the village, and that is not all."
        sound(teaser=english, url="https://meridian.example/ru/2026/11/rivers", language="ru")
        sound(teaser=english, url="https://meridian.example/en/2026/11/rivers-2", language="en")
        assert told() == [("language_contradicts", "language", "ru", "Is the language en?")]

    def test_stored_warnings_are_told_with_a_fix(self) -> None:
        words = "An author is named twice."
        sound(warnings=[{"code": "duplicate_author", "field": "authors", "message": words}])
        assert told() == [("duplicate_author", "authors", words, "Name the author once in the CMS.")]

    def test_a_warning_nobody_foresaw_is_told_all_the_same(self) -> None:
        sound(warnings=[{"code": "brand_new", "field": "body", "message": "Something new."}])
        assert told("warning") == [("warning", "body", "Something new.", "Look at the page in the CMS.")]

    def test_a_stored_warning_about_what_is_set_by_hand_is_over(self) -> None:
        article = sound(warnings=[{"code": "junk_title", "field": "title", "message": "hardly a title"}])
        set_right(article.pk, "title", ["Rivers"], by="ada", now=NOW)
        assert told() == []

    def test_withdrawn_articles_are_nobodys_business(self) -> None:
        sound(teaser="", withdrawn_at=NOW)
        assert told() == []


class TestAuthors:
    @pytest.mark.parametrize(
        ("seen", "wrong"),
        [
            ({"José Martí": 5, "Jose Marti": 2}, {"Jose Marti": "José Martí"}),
            ({"Nathan J. Brown": 9, "Nathan J Brown": 3}, {"Nathan J Brown": "Nathan J. Brown"}),
            ({"Nathan J. Brown": 9, "Nathan Brown": 1}, {"Nathan Brown": "Nathan J. Brown"}),
            ({"Nathan J. Brown": 9, "N. J. Brown": 1}, {"N. J. Brown": "Nathan J. Brown"}),
            ({"Thomas Graham": 3, "Graham, Thomas": 3}, {"Graham, Thomas": "Thomas Graham"}),
            ({"Xi Jinping": 4, "Jinping Xi": 1}, {"Jinping Xi": "Xi Jinping"}),
            ({"Eugene Rumer": 8, "Eugene Rmuer": 1}, {"Eugene Rmuer": "Eugene Rumer"}),
            ({"Jessica Tuchman Mathews": 8, "Jessica Tuchman Matthews": 1}, "Matthews"),
            ({"Андрей Колесников": 8, "Андрей Колесникв": 1}, {}),
            ({"Thomas Graham": 9, "Thomas Graham, Jr.": 1}, {}),
            ({"Maria Petrova": 9, "Maria Petrov": 1}, {}),
            ({"Anna Anderson": 9, "Anna Andersen": 1}, {}),
            ({"Nathan J. Brown": 9, "Nathan K. Brown": 1}, {}),
            ({"John Smith": 9, "Jane Smith": 9, "J. Smith": 1}, {}),
            ({"Ali Hassan": 4, "Hassan Ali": 4}, {}),
            ({"Marc Stone": 9, "Mark Stone": 1}, {}),
        ],
    )
    def test_names(self, seen: dict[str, int], wrong: dict[str, str] | str) -> None:
        found = {name: right.name for name, right in spellings(seen).items()}
        if isinstance(wrong, str):
            assert list(found) == [f"Jessica Tuchman {wrong}"]
        else:
            assert found == wrong

    def test_the_rarer_spelling_is_odd_and_its_place_among_the_authors_is_kept(self) -> None:
        for _ in range(3):
            sound(authors=["José Martí"])
        sound(authors=["Ada Byron", "Jose Marti", "Zoe Quinn"])
        assert told() == [("author_spelling", "authors", "Jose Marti", "Did you mean José Martí?")]
        assert proposed("author_spelling") == [("Ada Byron", "José Martí", "Zoe Quinn")]

    def test_two_who_wrote_one_article_together_are_two_persons(self) -> None:
        for _ in range(4):
            sound(authors=["Nathan J. Brown"])
        sound(authors=["Nathan J. Brown", "Nathan Brown"])
        assert told() == []


class TestRegions:
    @pytest.mark.parametrize(
        ("title", "tags", "odd"),
        [
            ("What Georgia’s Voters Want", ["Iran", "Middle East"], True),
            ("What Georgia’s Voters Want", ["Caucasus"], False),
            ("What Georgia’s Voters Want", ["United States"], False),
            ("Russia’s China Policy", ["East Asia", "China"], False),
            ("Central Asia’s Water", ["Latin America"], True),
            ("Turkey and the Gulf", ["Türkiye"], False),
            ("Egypt’s Debt", ["Middle East"], False),
            ("Egypt’s Debt", ["North Africa"], False),
            ("Egypt’s Debt", ["Global"], False),
            ("Egypt’s Debt", [], False),
            ("Rivers Without Borders", ["Iran"], False),
            ("Новая политика Казахстана", ["Latin America"], True),
            ("Новая политика Казахстана", ["Central Asia"], False),
            ("Что будет после того", ["Iran"], False),
            ("الاقتصاد في لبنان", ["East Asia"], True),
            ("الاقتصاد بالعراق", ["Iraq"], False),
            ("L’économie de l’Allemagne", ["Middle East"], True),
            ("La política de España", ["Europe"], False),
            ("格鲁吉亚的选举", ["Iran"], True),
            ("中国的选择", ["East Asia"], False),
            ("Papua New Guinea at the Polls", ["Oceania"], False),
            ("New Mexico’s Choice", ["United States"], False),
        ],
    )
    def test_titles_and_tags(self, title: str, tags: list[str], odd: bool) -> None:
        sound(title, regions=tags)
        assert bool(told("region_contradicts")) == odd

    def test_the_tag_the_articles_use_for_it_is_proposed(self) -> None:
        sound("Tbilisi Turns", regions=["Georgia"])
        sound("What Georgia’s Voters Want", regions=["Iran"])
        assert proposed("region_contradicts") == [("Georgia",)]

    def test_the_longest_name_counts(self) -> None:
        found = [mention.words for mention in places().named_in("South Korea, the Democratic Republic of the Congo")]
        assert found == ["South Korea", "Democratic Republic of the Congo"]


class TestWords:
    def test_one_slip(self) -> None:
        pairs = [("russia", "rusia"), ("russia", "russsia"), ("russia", "rossia"), ("russia", "rsusia"), ("a", "bc")]
        assert [slip_at(one, other) is not None for one, other in pairs] == [True, True, True, True, False]

    def test_swapped_letters_are_neighbours(self) -> None:
        assert [swapped(*pair) for pair in (("mep", "mpe"), ("mep", "pem"), ("mep", "mep"))] == [True, False, False]

    def test_a_word_near_two_frequent_ones_is_left_alone(self) -> None:
        assert typos({"abcde": 9, "abcdf": 9, "abcdx": 1}) == {}


class TestPages:
    def test_pages_follow_each_other_without_gap_or_repetition(self) -> None:
        for _ in range(4):
            sound(teaser="", url="")
        whole = [(row.article_id, row.code) for row in findings(limit=100).rows]
        seen, after = [], ""
        while True:
            page = findings(limit=3, after=after)
            seen += [(row.article_id, row.code) for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert (seen, len(seen)) == (whole, 8)

    def test_one_code_one_source_one_period(self) -> None:
        sound(teaser="")
        sound(teaser="", source="wire")
        sound(teaser="", available_at=NOW - timedelta(days=9))
        sound(url="")
        assert len(told("no_teaser")) == 3
        assert len(told("no_teaser", source="Wire")) == 1
        assert len(told("no_teaser", since=NOW - timedelta(days=2), until=NOW)) == 2

    def test_an_unknown_code_and_a_wrong_cursor_are_refused(self) -> None:
        with pytest.raises(Invalid, match="no oddity"):
            findings(code="nope", limit=1)
        with pytest.raises(Invalid, match="no place"):
            findings(after="x", limit=1)

    def test_more_articles_need_no_more_queries(self) -> None:
        asked = []
        for _ in range(2):
            sound(teaser="")
            findings(limit=50)
            sound(teaser="")
            with CaptureQueriesContext(
                connection,
            ) as queries:
                findings(limit=50)
            asked.append(len(queries))
        assert asked[0] == asked[1]

    def test_counts_are_what_the_pages_hold(self) -> None:
        make_newsletter("ctw")
        sound(teaser="", newsletters=["ctv", "ctx"])
        sound(url="", warnings=[{"code": "short_body", "field": "body", "message": "The body has 3 characters."}])
        settle(sound(teaser="").pk, "no_teaser", "", by="ada", now=NOW)
        expected = {"unknown_newsletter": 2, "no_teaser": 1, "no_address": 1, "short_body": 1}
        assert {code: count for code, count in counts().items() if count} == expected
        assert len(told()) == sum(expected.values())


class TestSettling:
    def test_what_a_person_settled_is_not_told_again(self) -> None:
        make_newsletter("ctw")
        article = sound(newsletters=["ctv", "ctx"])
        settle(article.pk, "unknown_newsletter", "ctv", by="ada", now=NOW)
        settle(article.pk, "unknown_newsletter", "ctv", by="bob", now=LATER)
        assert [row[2] for row in told()] == ["ctx"]
        assert Settled.objects.get().by == "ada"
        assert [row.value for row in of_article(article)] == ["ctx"]

    def test_what_was_settled_can_be_opened_again(self) -> None:
        article = sound(teaser="")
        settle(article.pk, "no_teaser", "", by="ada", now=NOW)
        assert (unsettle(article.pk, "no_teaser", ""), len(told())) == (True, 1)

    def test_only_what_exists_can_be_settled(self) -> None:
        with pytest.raises(NotFound):
            settle(0, "no_teaser", "", by="ada", now=NOW)
        with pytest.raises(Invalid):
            settle(sound().pk, "nope", "", by="ada", now=NOW)


class TestSettingRight:
    def test_a_field_set_right_survives_the_next_import(self) -> None:
        make_newsletter("ctw")
        incoming = IncomingArticle(key="a.txt", title="Rivers", newsletters=("ctv",), teaser="T", type="paper")
        store([incoming], source="page-export", now=NOW, report=IngestReport())
        article = Article.objects.get()
        set_right(article.pk, "newsletters", ["ctw", " ", ""], by="ada", now=NOW)
        again = IncomingArticle(key="a.txt", title="Rivers", newsletters=("ctv",), teaser="Another", type="paper")
        store([again], source="page-export", now=LATER, report=IngestReport())
        article.refresh_from_db()
        assert (article.newsletters, article.teaser) == (["ctw"], "Another")
        assert told("unknown_newsletter") == []

    def test_a_text_field_takes_its_lines_as_one(self) -> None:
        article = sound(teaser="")
        set_right(article.pk, "teaser", ["Two lines", "of a teaser."], by="ada", now=NOW)
        article.refresh_from_db()
        assert article.teaser == "Two lines of a teaser."

    @pytest.mark.parametrize(("field", "lines"), [("facet_keys", ["x"]), ("title", [" "]), ("teaser", ["x" * 3000])])
    def test_what_cannot_be_is_refused(self, field: str, lines: list[str]) -> None:
        with pytest.raises(Invalid):
            set_right(sound().pk, field, lines, by="ada", now=NOW)

    def test_an_address_given_by_hand_dates_the_article_and_is_remembered_for_its_records(self) -> None:
        article = sound(url="", urls=[], published_on=None, published_precision="")
        Record.objects.create(source="page-export", key="a.txt", content_hash="x", article=article, first_seen_at=NOW)
        set_right(article.pk, "url", [" https://meridian.example/2026/10/rivers?utm_source=x "], by="ada", now=NOW)
        article.refresh_from_db()
        address = "https://meridian.example/2026/10/rivers"
        assert (article.url, article.identity, str(article.published_on)) == (address, "2026/10/rivers", "2026-10-01")
        assert list(Supplement.objects.values_list("key", "url", "by")) == [("a.txt", address, "ada")]

    def test_an_address_of_another_article_is_a_conflict(self) -> None:
        other = sound()
        with pytest.raises(Conflict, match=str(other.pk)):
            set_right(sound(url="", urls=[]).pk, "url", [other.url], by="ada", now=NOW)

    def test_no_address_is_refused(self) -> None:
        with pytest.raises(Invalid):
            set_right(sound(url="", urls=[]).pk, "url", ["javascript:alert(1)"], by="ada", now=NOW)


def test_numbers_of_the_newest_say_that_they_are_not_the_whole() -> None:
    for at in range(3):
        make_article(f"Rivers of France {at}", regions=["Middle East"])
    assert counts_of_newest(2)[0]["region_contradicts"] == 2
    assert [counts_of_newest(most)[1] for most in (2, 3, None)] == [False, True, True]
