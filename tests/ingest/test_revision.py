"""A correction is not news."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.articles.models import Article
from newsletter.ingest.models import Source
from newsletter.ingest.revision import share_changed
from newsletter.ingest.source import IncomingArticle
from newsletter.ingest.store import IngestReport, store
from tests.factories import NOW

BODY = "\n\n".join(f"Paragraph {number} says what happened in port {number} and why." for number in range(12))
FIRST = IncomingArticle(
    key="a", title="Rivers and Borders", teaser="Who owns the water?", body=BODY, url="https://m.example/2026/11/rivers"
)
LATER = NOW + timedelta(days=3)


def version(renew: bool = False, **changed: object) -> tuple[bool, bool]:
    """Return whether the second version is major, and whether it made the article new again."""
    if renew:
        Source.objects.create(code="cms", form="jsonl", renew=True, created_at=NOW, updated_at=NOW)
    store([FIRST], source="cms", now=NOW, report=IngestReport())
    report = IngestReport()
    store([replace(FIRST, **changed)], source="cms", now=LATER, report=report)  # type: ignore[arg-type]
    article = Article.objects.get()
    return report.changes[0]["major"], (article.available_at, article.renewed_at) == (LATER, LATER)


@pytest.mark.django_db
class TestVersions:
    @pytest.mark.parametrize(
        "changed",
        [
            {"title": "Rivers Without Borders"},
            {"teaser": "Nobody owns the water."},
            {"body": BODY[: len(BODY) // 2]},
            {"topics": ("Energy",), "minor": False},
        ],
    )
    def test_another_title_teaser_or_body_is_major(self, changed: dict[str, object]) -> None:
        assert version(**changed)[0] is True

    @pytest.mark.parametrize(
        "changed",
        [
            {"title": "RIVERS and borders"},
            {"body": BODY.replace("port 7", "port seven")},
            {"topics": ("Energy",)},
            {"title": "Rivers Without Borders", "minor": True},
        ],
    )
    def test_a_slip_mended_another_facet_or_the_sources_word_is_minor(self, changed: dict[str, object]) -> None:
        assert version(**changed)[0] is False

    def test_nothing_is_new_again_unless_its_source_says_so(self) -> None:
        assert version(title="Rivers Without Borders") == (True, False)

    def test_a_major_version_of_a_source_that_renews_is_available_again(self) -> None:
        assert version(renew=True, title="Rivers Without Borders") == (True, True)

    def test_a_minor_version_is_never_new_again(self) -> None:
        assert version(renew=True, topics=("Energy",)) == (False, False)


@pytest.mark.parametrize(
    ("before", "after", "least", "most"),
    [
        (BODY, BODY, 0.0, 0.0),
        ("", "", 0.0, 0.0),
        ("", BODY, 1.0, 1.0),
        (BODY, BODY + "\n\nOne more line at the end.", 0.0, 0.1),
        (BODY, BODY[: len(BODY) // 2], 0.4, 0.6),
        (
            "走廊为一季收成赢得了时间，却没有解决季节结束后由谁守护航线的问题。" * 3,
            "论文考察了六个流域。" * 9,
            0.9,
            1.0,
        ),
    ],
)
def test_the_share_that_changed(before: str, after: str, least: float, most: float) -> None:
    assert least <= share_changed(before, after) <= most
