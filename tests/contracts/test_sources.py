"""What every source promises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.ingest.source import Form, IncomingArticle
from newsletter.ingest.sources import SOURCES
from tests.ingest.samples import SAMPLES


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_registered_under_its_name_and_has_a_sample(name: str) -> None:
    assert SOURCES[name].name == name
    assert name in SAMPLES


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_the_same_content_has_the_same_hash_and_another_content_another(source: Form) -> None:
    [one, *_] = source.read(SAMPLES[source.name], key="a", url="https://x.org/rivers")
    [again, *_] = source.read(SAMPLES[source.name], key="b", url="https://x.org/rivers")
    [other, *_] = source.read(SAMPLES[source.name].replace(b"ctw", b"asia"), key="a", url="https://x.org/rivers")
    assert isinstance(one, IncomingArticle)
    assert isinstance(again, IncomingArticle)
    assert isinstance(other, IncomingArticle)
    assert one.content_hash == again.content_hash != other.content_hash


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=200), cut=st.integers(0, 2000))
def test_any_bytes_end_as_an_article_or_a_refusal_with_a_reason_and_a_place(
    source: Form, content: bytes, cut: int
) -> None:
    for payload in (content, SAMPLES[source.name][:cut], SAMPLES[source.name][:cut] + content):
        records = list(source.read(payload, key="k", url=""))
        assert records
        for found in records:
            assert isinstance(found, IncomingArticle) or (found.reason and found.message and found.position)
