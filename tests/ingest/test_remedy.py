"""Every refused record names the field, the value and what to do."""

from __future__ import annotations

import pytest

from newsletter.ingest.fix import record_of, waiting
from newsletter.ingest.models import Source
from newsletter.ingest.remedy import Remedy, remedy
from newsletter.ingest.sources import SOURCES
from newsletter.ingest.store import IngestReport, store
from tests.factories import NOW
from tests.factories.pages import whole_page

pytestmark = pytest.mark.django_db


def refused(content: bytes, form: str) -> Remedy:
    found = list(SOURCES[form].read(content, key="k", url=""))
    store(found, source="cms", form=form, now=NOW, report=IngestReport())
    [record] = waiting()
    assert remedy(record) == remedy(record_of(record.pk))
    return remedy(record)


def test_a_value_outside_the_vocabulary_is_told_with_the_nearest_one() -> None:
    Source.objects.create(code="cms", form="push", vocabulary={"newsletter": ["ctw"]}, created_at=NOW, updated_at=NOW)
    told = refused(b'{"title": "Rivers", "newsletter": "ctww"}', "jsonl")
    assert told == Remedy("newsletter", "ctww", "Replace ctww → ctw.")


def test_a_broken_object_is_told_by_what_stands_at_its_place() -> None:
    told = refused(whole_page().replace(b'"type": "commentary"', b'"type": commentary'), "page-export")
    assert (told.field, told.value) == ("metadata", "commentary,")


def test_a_missing_title_has_no_value() -> None:
    told = refused(b'{"teaser": "x"}', "jsonl")
    assert (told.field, told.value) == ("title", "")


@pytest.mark.parametrize("form", SOURCES)
def test_whatever_is_refused_has_a_way_out(form: str) -> None:
    told = refused(b"\xff\xfe{", form)
    assert told.field
    assert told.fix


def test_a_list_leaves_whole_texts_in_the_database() -> None:
    store(SOURCES["page-export"].read(b"x" * 9000, key="k", url=""), source="cms", now=NOW, report=IngestReport())
    [record] = waiting()
    assert "text" in record.get_deferred_fields()
