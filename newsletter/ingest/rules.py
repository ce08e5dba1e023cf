"""What is done to the records of one source before they are stored: what people know, its mapping, its vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from newsletter.articles.identity import clean_address
from newsletter.ingest.mapping import apply
from newsletter.ingest.models import Source, Supplement
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources.page_export import PageExport, read_page
from newsletter.ingest.vocabulary import check

Record = IncomingArticle | RefusedRecord


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a source; one without a row has none but what people gave its records."""

    source: str
    mapping: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: Mapping[str, Sequence[str]] = field(default_factory=dict)
    renew: bool = False  # a major version makes an article available again

    def applied(self, records: Sequence[Record]) -> list[Record]:
        """Return the records as they are to be stored, in their order; some may be refused now."""
        given = _given(self.source, [record.key for record in records])
        return [self._one(record, given.get(record.key)) for record in records]

    def _one(self, record: Record, known: Supplement | None) -> Record:
        if known is not None:
            record = _read_again(record, known) if isinstance(record, RefusedRecord) else _supplemented(record, known)
        if isinstance(record, RefusedRecord):
            return record
        if not record.url and record.urls:
            record = replace(record, url=record.urls[0], urls=record.urls[1:])
        mapped = apply(record, self.mapping) if self.mapping else record
        return (check(mapped, self.vocabulary) if self.vocabulary else None) or mapped


def rules_of(source: str) -> Rules:
    """Return the rules of a source by its code."""
    row = Source.objects.filter(code=source).first()
    return Rules(source, row.mapping, row.vocabulary, row.renew) if row else Rules(source)


def _given(source: str, keys: Sequence[str]) -> dict[str, Supplement]:
    return {one.key: one for one in Supplement.objects.filter(source=source, key__in=keys)}


def _read_again(record: RefusedRecord, known: Supplement) -> Record:
    """Return a page that told no title, read with what a person gave."""
    if record.reason != "no_title" or record.form not in ("", PageExport.name):
        return record
    return read_page(record.text.encode("utf-8", "replace"), key=record.key, url=known.url, title=known.title)


def _supplemented(record: IncomingArticle, known: Supplement) -> IncomingArticle:
    """Return a record with what a person gave where it tells nothing itself."""
    url = record.url or clean_address(known.url)
    named = bool(known.title) and record.title_derived
    title = known.title if named else record.title
    return replace(record, url=url, title=title, title_derived=record.title_derived and not named)
