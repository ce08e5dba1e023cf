"""A refused record is set right from where it waits."""

from __future__ import annotations

import json

import pytest

from newsletter.articles.models import Article
from newsletter.errors import Invalid, NotFound
from newsletter.ingest.fix import around, discard, fix, waiting
from newsletter.ingest.models import QuarantinedRecord, Source
from newsletter.ingest.sources.json_lines import JsonLines
from newsletter.ingest.sources.page_export import PageExport
from newsletter.ingest.store import IngestReport, store
from tests.factories import NOW
from tests.factories.pages import whole_page

pytestmark = pytest.mark.django_db


def refused(content: bytes | None = None) -> QuarantinedRecord:
    records = PageExport().read(whole_page(title="") if content is None else content, key="page.txt", url="")
    store(records, source="cms", now=NOW, report=IngestReport())
    return QuarantinedRecord.objects.get()


def again() -> IngestReport:
    report = IngestReport()
    store(PageExport().read(whole_page(title=""), key="page.txt", url=""), source="cms", now=NOW, report=report)
    return report


def test_a_title_lets_a_page_in_and_holds_when_it_comes_again() -> None:
    report = fix(refused().pk, title="Given  by hand", by="ada", now=NOW)
    assert (report.new, Article.objects.get().title) == (1, "Given by hand")
    assert (again().unchanged, QuarantinedRecord.objects.count()) == (1, 0)


def test_an_address_lets_a_page_in_under_a_derived_title() -> None:
    fix(refused().pk, url="https://m.example/2026/11/rivers-and-borders", by="ada", now=NOW)
    article = Article.objects.get()
    assert (article.title, article.title_derived) == ("Rivers and Borders", True)
    assert article.url == "https://m.example/2026/11/rivers-and-borders"


def test_a_corrected_text_is_read_in_the_form_it_came_in() -> None:
    record = refused(b"no metadata at all")
    report = fix(record.pk, text=whole_page(title="Mended").decode(), by="ada", now=NOW)
    assert (report.new, Article.objects.get().title) == (1, "Mended")


def test_what_is_still_wrong_stays_with_its_new_reason() -> None:
    record = refused(b"no metadata at all")
    report = fix(record.pk, text=whole_page(title="").decode(), by="ada", now=NOW)
    assert [row["reason"] for row in report.quarantined] == ["no_title"]
    assert QuarantinedRecord.objects.get().reason == "no_title"


def test_an_object_without_title_gets_one() -> None:
    store(
        JsonLines().read(b'{"teaser": "x"}', key="k", url=""),
        source="cms",
        form="jsonl",
        now=NOW,
        report=IngestReport(),
    )
    fix(QuarantinedRecord.objects.get().pk, title="Named", by="ada", now=NOW)
    assert Article.objects.get().title == "Named"


def test_a_value_outside_the_vocabulary_is_mended_in_the_text() -> None:
    Source.objects.create(code="cms", form="jsonl", vocabulary={"region": ["Iran"]}, created_at=NOW, updated_at=NOW)
    told = b'{"title": "Rivers", "regions": ["Irann"]}'
    store(JsonLines().read(told, key="k", url=""), source="cms", form="jsonl", now=NOW, report=IngestReport())
    record = QuarantinedRecord.objects.get()
    assert "did you mean 'Iran'?" in record.message
    mended = json.dumps({**json.loads(record.text), "regions": ["Iran"]})
    assert fix(record.pk, text=mended, by="ada", now=NOW).new == 1
    assert not QuarantinedRecord.objects.exists()


def test_nothing_given_is_refused() -> None:
    with pytest.raises(Invalid, match="Nothing is given"):
        fix(refused().pk, title=" ", by="ada", now=NOW)


def test_no_web_address_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(Invalid, match="no web address"):
        fix(refused().pk, url="javascript:alert(1)", by="ada", now=NOW)
    assert again().quarantined


def test_an_unknown_record_is_said_to_be_unknown() -> None:
    with pytest.raises(NotFound):
        fix(10**9, title="x", by="ada", now=NOW)


def test_a_discarded_record_waits_no_more_until_it_changes() -> None:
    discard(refused().pk, by="ada", reason="a test page", now=NOW)
    again()
    still = waiting().count()
    store(PageExport().read(b"other", key="page.txt", url=""), source="cms", now=NOW, report=IngestReport())
    assert (still, waiting().count()) == (0, 1)


def test_a_record_is_not_put_aside_without_a_reason() -> None:
    with pytest.raises(Invalid, match="reason"):
        discard(refused().pk, by="ada", reason=" ", now=NOW)


def test_the_text_is_shown_around_the_place() -> None:
    record = QuarantinedRecord(text="\n".join("abcdefghij"), position="line 5, column 1")
    assert around(record, lines=1) == [(4, "d", False), (5, "e", True), (6, "f", False)]


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    record = QuarantinedRecord(text="a" * 900 + "HERE" + "b" * 900, position="line 1, column 901")
    [(_, line, _)] = around(record)
    assert "HERE" in line
    assert (len(line), line[0], line[-1]) == (402, "…", "…")
