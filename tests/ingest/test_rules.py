"""What is done to the records of a source before they are stored."""

from __future__ import annotations

import pytest

from newsletter.articles.models import Article
from newsletter.ingest.mapping import apply
from newsletter.ingest.models import QuarantinedRecord, Source, Supplement
from newsletter.ingest.read_object import read_object
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources.page_export import PageExport
from newsletter.ingest.store import IngestReport, store
from newsletter.ingest.vocabulary import check
from newsletter.ingest.write_object import write_object
from tests.factories import NOW
from tests.factories.pages import whole_page

RECORD = IncomingArticle(
    key="a",
    title="Rivers and Borders",
    newsletters=("ctw",),
    regions=("Iran",),
    authors=("Thomas Graham, Jr.",),
    categories=("Mideast", "Sports"),
)


class TestVocabulary:
    def test_a_value_outside_a_closed_vocabulary_is_refused_with_the_nearest_one(self) -> None:
        refused = check(RECORD, {"region": ["Iraq", "Iran and Gulf", "Irann"]})
        assert isinstance(refused, RefusedRecord)
        assert (refused.reason, refused.position) == ("unknown_value", "region")
        assert refused.message == "Region 'Iran' is not known here (did you mean 'Irann'?)."

    def test_every_wrong_value_is_named_at_once(self) -> None:
        refused = check(RECORD, {"region": ["Peru"], "newsletter": ["asia"]})
        assert refused is not None
        assert refused.position == "region, newsletter"

    @pytest.mark.parametrize("vocabulary", [{"region": ["IRAN"]}, {"topic": []}, {}])
    def test_known_values_in_any_case_and_open_facets_pass(self, vocabulary: dict[str, list[str]]) -> None:
        assert check(RECORD, vocabulary) is None

    def test_a_refused_record_is_kept_so_that_it_can_be_read_again(self) -> None:
        refused = check(RECORD, {"region": ["Peru"]})
        assert refused is not None
        again = read_object(__import__("json").loads(refused.text), key="a", url="")
        assert isinstance(again, IncomingArticle)
        assert (again.title, again.regions, again.authors) == (RECORD.title, RECORD.regions, RECORD.authors)
        assert write_object(again) == refused.text


class TestMapping:
    def test_a_category_becomes_the_facets_it_stands_for(self) -> None:
        mapped = apply(RECORD, {"categories": {"mideast": {"region": "Middle East", "newsletter": ["mena", "ctw"]}}})
        assert (mapped.regions, mapped.newsletters) == (("Iran", "Middle East"), ("ctw", "mena"))

    def test_a_category_nobody_mapped_is_a_warning(self) -> None:
        mapped = apply(RECORD, {"categories": {"mideast": {"region": "Middle East"}}})
        assert [(odd.code, odd.message) for odd in mapped.warnings] == [
            ("unknown_category", "The mapping has nothing for 'Sports'.")
        ]

    def test_a_default_fills_only_what_is_empty(self) -> None:
        mapped = apply(RECORD, {"defaults": {"newsletter": "asia", "topic": ["Energy"]}})
        assert (mapped.newsletters, mapped.topics) == (("ctw",), ("Energy",))


@pytest.mark.django_db
class TestStored:
    def test_the_rules_of_a_source_apply_to_its_records(self) -> None:
        Source.objects.create(
            code="cms", form="jsonl", created_at=NOW, updated_at=NOW, vocabulary={"region": ["Iraq"]}, mapping={}
        )
        report = IngestReport()
        store([RECORD], source="cms", form="jsonl", now=NOW, report=report)
        assert [row["reason"] for row in report.quarantined] == ["unknown_value"]
        assert QuarantinedRecord.objects.get().form == "jsonl"

    def test_what_a_person_gave_a_record_holds_when_it_comes_again(self) -> None:
        [refused] = PageExport().read(whole_page(title=""), key="page.txt", url="")
        assert isinstance(refused, RefusedRecord)
        Supplement.objects.create(source="cms", key="page.txt", title="Given by hand", by="ada", at=NOW)
        store([refused], source="cms", now=NOW, report=IngestReport())
        assert Article.objects.get().title == "Given by hand"
