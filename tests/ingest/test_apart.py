"""Foreign answers are read in a process that can be ended."""

from __future__ import annotations

import pytest

from newsletter.errors import Refused
from newsletter.ingest import apart
from newsletter.ingest.apart import read_apart
from newsletter.ingest.sources import SOURCES
from tests.ingest.samples import SAMPLES


@pytest.mark.parametrize("form", SOURCES)
def test_it_reads_as_the_plug_does(form: str) -> None:
    found = read_apart(SAMPLES[form], form=form, key="k", url="https://x.org/rivers", seconds=30)
    assert found == list(SOURCES[form].read(SAMPLES[form], key="k", url="https://x.org/rivers"))


def test_columns_go_along() -> None:
    [found] = read_apart(b"Headline\nRivers\n", form="csv", key="k", url="", columns={"title": "Headline"}, seconds=30)
    assert getattr(found, "title", "") == "Rivers"


def test_what_takes_too_long_is_ended() -> None:
    nested = b"<rss><channel>" + b"<a>" * 2_000_000
    with pytest.raises(Refused) as refused:
        read_apart(nested, form="feed", key="k", url="", seconds=1)
    assert refused.value.code == "too_slow"


def test_more_records_than_a_source_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MOST_RECORDS", 2)
    with pytest.raises(Refused) as refused:
        read_apart(b'{"title": "a"}\n' * 3, form="jsonl", key="k", url="", seconds=30)
    assert refused.value.code == "too_many"
