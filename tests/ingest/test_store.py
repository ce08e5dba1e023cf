"""Records go in once, and every one ends as new, updated, unchanged or quarantined."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.articles.models import Article, ArticleBody
from newsletter.articles.override import override
from newsletter.errors import Invalid
from newsletter.ingest.models import QuarantinedRecord, Record
from newsletter.ingest.source import IncomingArticle
from newsletter.ingest.store import IngestReport, ingest_paths, store
from tests.factories import NOW
from tests.factories.pages import PARAGRAPH, TEASER, TITLE, page, read, whole_page

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
MONTH = "https://meridian.example/2021/12/rivers-without-borders-the-politics-of-shared-water"
LEGACY = "https://meridian.example/2021/12/15/rivers-without-borders-the-politics-of-shared-water-pub-77"


def put(*articles: IncomingArticle, now: datetime = NOW) -> IngestReport:
    report = IngestReport()
    store(articles, source="page-export", now=now, report=report)
    return report


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.new, report.updated, report.unchanged, len(report.quarantined)


def pages(folder: Path, **contents: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}.txt").write_bytes(content)
    return folder


class TestFolders:
    def test_every_file_is_accounted_for(self, tmp_path: Path) -> None:
        folder = pages(tmp_path / "p", a=whole_page(), b=whole_page(title="Dams and Deltas"), c=b"no json", d=b"")
        (folder / "picture.png").write_bytes(b"png")
        report = ingest_paths([folder], url_map={"a.txt": MONTH}, now=NOW)
        assert counts(report) == (2, 0, 0, 2)
        assert [(row["file"], row["reason"], row["position"]) for row in report.quarantined] == [
            ("c.txt", "no_json", "line 1, column 1"),
            ("d.txt", "no_json", "line 1, column 1"),
        ]
        assert {"file": "picture.png", "code": "left_alone"}.items() <= report.warnings[0].items()
        assert sorted(report.new_ids) == sorted(Article.objects.values_list("pk", flat=True))

    def test_the_same_folder_twice_changes_nothing(self, tmp_path: Path) -> None:
        folder = pages(tmp_path / "p", a=whole_page(), b=whole_page(title="Dams and Deltas"), c=b"no json")
        ingest_paths([folder], url_map={"a.txt": MONTH}, now=NOW)
        before = list(Article.objects.order_by("pk").values())
        report = ingest_paths([folder], url_map={"a.txt": MONTH}, now=LATER)
        assert counts(report) == (0, 0, 2, 1)
        assert list(Article.objects.order_by("pk").values()) == before
        assert QuarantinedRecord.objects.get().first_seen_at == NOW

    def test_a_path_that_is_not_there_is_refused_before_anything_is_read(self, tmp_path: Path) -> None:
        folder = pages(tmp_path / "p", a=whole_page())
        with pytest.raises(Invalid):
            ingest_paths([folder, tmp_path / "gone"], url_map={}, now=NOW)
        assert not Article.objects.exists()

    def test_two_folders_may_use_one_file_name_for_two_articles(self, tmp_path: Path) -> None:
        one = pages(tmp_path / "one", a=whole_page())
        two = pages(tmp_path / "two", a=whole_page(title="Dams and Deltas", teaser="Another story, told at last."))
        assert counts(ingest_paths([one, two], url_map={}, now=NOW)) == (2, 0, 0, 0)
        assert counts(ingest_paths([one, two], url_map={}, now=NOW)) == (0, 0, 2, 0)

    def test_a_record_that_comes_again_in_order_leaves_the_quarantine(self, tmp_path: Path) -> None:
        folder = pages(tmp_path / "p", a=page(f"{TEASER}\nSource: X\n{PARAGRAPH}"))
        report = ingest_paths([folder], url_map={}, now=NOW)
        assert report.quarantined[0]["reason"] == "no_title"
        assert QuarantinedRecord.objects.get().text.endswith(PARAGRAPH)
        assert counts(ingest_paths([folder], url_map={"a.txt": MONTH}, now=LATER)) == (1, 0, 0, 0)
        assert not QuarantinedRecord.objects.exists()


class TestVersions:
    def test_an_article_is_stored_with_everything_it_says(self) -> None:
        put(read(whole_page(), url=MONTH))
        article = Article.objects.get()
        assert (article.identity, article.title, article.teaser) == (
            "2021/12/riverswithoutbordersthepoliticsofsharedwater", TITLE, TEASER
        )  # fmt: skip
        assert (article.url, article.urls) == (MONTH, [MONTH])
        assert (article.published_on, article.published_precision) == (date(2021, 12, 1), "month")
        assert (article.first_ingested_at, article.available_at, article.updated_at) == (NOW, NOW, NOW)
        assert {"newsletter=ctw", "program=russia", "region=iran", "author=ada byron"} <= set(article.facet_keys)
        assert ArticleBody.objects.get(article=article).text.startswith("The basin states")

    def test_other_metadata_at_the_same_address_is_an_update_with_its_differences(self) -> None:
        put(read(whole_page(), url=MONTH))
        report = put(read(whole_page(topics=["Security"]), url=MONTH), now=LATER)
        assert counts(report) == (0, 1, 0, 0)
        article = Article.objects.get()
        assert report.changes == [
            {
                "article": article.pk,
                "file": "page.txt",
                "major": False,
                "fields": {
                    "topics": {
                        "before": ["Foreign Policy", "Climate Change"],
                        "after": ["Security"],
                        "overridden": False,
                    }
                },
            }
        ]
        assert "topic=security" in article.facet_keys
        assert (article.available_at, article.updated_at) == (NOW, LATER)

    def test_many_addresses_are_one_article(self) -> None:
        report = put(read(whole_page(), url=MONTH), read(whole_page(), url=LEGACY))
        assert counts(report) == (1, 1, 0, 0)
        article = Article.objects.get()
        assert (article.url, article.urls) == (MONTH, [MONTH, LEGACY])
        assert (article.published_on, article.published_precision) == (date(2021, 12, 15), "day")
        assert counts(put(read(whole_page(), url=MONTH), read(whole_page(), url=LEGACY))) == (0, 0, 2, 0)
        assert Article.objects.get().published_precision == "day"

    def test_a_content_seen_before_changes_nothing_whatever_won(self) -> None:
        old, new = read(whole_page(topics=["A"]), url=MONTH), read(whole_page(topics=["B"]), url=MONTH)
        assert counts(put(old, new, old)) == (1, 1, 1, 0)
        assert counts(put(old)) == (0, 0, 1, 0)
        assert Article.objects.get().topics == ["B"]

    def test_the_greatest_modification_time_wins(self) -> None:
        day = datetime(2026, 1, 1, tzinfo=UTC)
        late = replace(read(whole_page(topics=["Late"]), url=MONTH), modified_at=day)
        early = replace(read(whole_page(topics=["Early"]), url=MONTH), modified_at=day - timedelta(days=1))
        assert counts(put(late, early)) == (1, 0, 1, 0)
        assert Article.objects.get().topics == ["Late"]

    def test_without_an_address_title_and_authors_find_the_article(self) -> None:
        put(read(whole_page(), url=MONTH))
        assert counts(put(read(whole_page(topics=["B"])))) == (0, 1, 0, 0)
        article = Article.objects.get()
        assert (article.url, article.topics, article.published_on) == (MONTH, ["B"], date(2021, 12, 1))

    def test_an_address_given_later_is_an_update(self) -> None:
        put(read(whole_page()))
        report = put(read(whole_page(), url=MONTH))
        assert counts(report) == (0, 1, 0, 0)
        assert report.changes[0]["fields"]["urls"] == {"before": [], "after": [MONTH], "overridden": False}
        article = Article.objects.get()
        assert article.identity == "2021/12/riverswithoutbordersthepoliticsofsharedwater"
        assert article.url == MONTH
        assert counts(put(read(whole_page(), url=MONTH))) == (0, 0, 1, 0)

    def test_one_title_in_two_months_is_two_articles(self) -> None:
        other = MONTH.replace("2021/12", "2022/01")
        assert counts(put(read(whole_page(), url=MONTH), read(whole_page(), url=other))) == (2, 0, 0, 0)

    def test_two_addresses_that_name_no_article_keep_one_title_apart(self) -> None:
        articles = [read(whole_page(), url=f"https://{host}.example/") for host in ("a", "b", "c")]
        assert counts(put(*articles)) == (3, 0, 0, 0)

    def test_a_corrected_title_in_the_same_record_is_an_update(self) -> None:
        put(read(whole_page()))
        report = put(read(whole_page(title="Rivers Within Borders")))
        assert counts(report) == (0, 1, 0, 0)
        assert set(report.changes[0]["fields"]) == {"title"}

    def test_a_changed_body_is_named_in_the_differences(self) -> None:
        put(replace(read(whole_page()), body="Once longer."))
        report = put(replace(read(whole_page()), body="Short."))
        sizes = {"before": "12 characters", "after": "6 characters", "overridden": False}
        assert report.changes[0]["fields"] == {"body": sizes}
        assert ArticleBody.objects.get().text == "Short."

    def test_a_derived_title_never_replaces_a_real_one(self) -> None:
        put(read(whole_page(), url=MONTH))
        untitled = read(page(f"{TEASER}\nSource: X\n{PARAGRAPH}"), url=MONTH)
        assert untitled.title_derived
        put(untitled)
        assert (Article.objects.get().title, Article.objects.get().title_derived) == (TITLE, False)

    def test_an_override_survives_and_learns_what_the_import_says(self) -> None:
        put(read(whole_page(), url=MONTH))
        override(Article.objects.get().pk, "regions", ["Georgia"], by="ed", now=NOW)
        report = put(read(whole_page(regions=["Iraq"]), url=MONTH), now=LATER)
        article = Article.objects.get()
        assert article.regions == ["Georgia"]
        assert article.overrides["regions"]["imported"] == ["Iraq"]
        assert report.changes[0]["fields"]["regions"]["overridden"]
        assert "region=georgia" in article.facet_keys

    def test_every_record_is_kept_once(self) -> None:
        put(read(whole_page(), url=MONTH), read(whole_page(), url=LEGACY), read(whole_page(), url=MONTH))
        put(read(whole_page(), url=MONTH))
        assert Record.objects.count() == 2  # the day of the legacy address is part of what it says


@pytest.mark.parametrize("again", [False, True])
def test_a_batch_takes_the_same_number_of_queries_at_one_and_at_three(again: bool) -> None:
    def queries(*articles: IncomingArticle) -> int:
        if again:
            put(*articles)
            articles = tuple(replace(article, topics=("New",)) for article in articles)
        with CaptureQueriesContext(connection) as seen:
            put(*articles)
        return len(seen)

    articles = [replace(read(whole_page(title=f"River {n}")), key=f"{n}") for n in range(4)]
    assert queries(articles[0]) == queries(*articles[1:])


class TestTranslations:
    ARABIC = IncomingArticle(key="ar.txt", title="أنهار بلا حدود", teaser="من يملك الماء؟", url=f"{MONTH}?lang=ar")
    ENGLISH = IncomingArticle(key="en.txt", title="Rivers Without Borders", teaser="Who owns the water?", url=MONTH)

    @pytest.mark.parametrize("order", [1, -1])
    def test_a_translation_under_the_same_slug_is_an_article_of_its_own(self, order: int) -> None:
        put(*[self.ENGLISH, self.ARABIC][::order])
        again = put(self.ENGLISH, self.ARABIC, now=LATER)
        assert counts(again) == (0, 0, 2, 0)
        assert {article.url: article.title for article in Article.objects.all()} == {
            MONTH: "Rivers Without Borders",
            f"{MONTH}?lang=ar": "أنهار بلا حدود",
        }

    def test_the_same_words_under_another_language_section_are_the_same_article(self) -> None:
        put(self.ENGLISH)
        put(replace(self.ENGLISH, key="b", url=f"{MONTH}?lang=ru"), now=LATER)
        assert Article.objects.get().urls == [MONTH, f"{MONTH}?lang=ru"]

    def test_other_words_at_the_very_same_address_are_an_update(self) -> None:
        put(self.ENGLISH)
        assert counts(put(replace(self.ARABIC, url=MONTH), now=LATER)) == (0, 1, 0, 0)

    def test_a_title_made_of_the_address_tells_no_language(self) -> None:
        put(replace(self.ARABIC, teaser="", title="Rivers Without Borders", title_derived=True))
        assert counts(put(replace(self.ARABIC, url=f"{MONTH}?lang=en"), now=LATER))[0] == 0

    def test_a_translation_in_the_same_script_is_known_by_its_words(self) -> None:
        french = replace(
            self.ENGLISH,
            key="fr",
            title="Les fleuves sans frontières et la politique de l’eau",
            teaser="À qui est l’eau que les pays de la région se partagent ?",
            url=MONTH.replace("/2021", "/fr/2021"),
        )
        english = replace(self.ENGLISH, teaser="Who owns the water that the countries of the region share?")
        put(english)
        assert counts(put(french)) == (1, 0, 0, 0)
        assert counts(put(french, english, now=LATER)) == (0, 0, 2, 0)
