"""Take records in: once each, newest version wins, and every one ends as new, updated, unchanged or quarantined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from newsletter.articles.identity import clean_address
from newsletter.errors import Invalid
from newsletter.ingest.quarantine import quarantine
from newsletter.ingest.shelf import Outcome, Shelf
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources import SOURCES

BATCH = 500
LARGEST_FILE = 20 << 20
PAGE_ENDINGS = frozenset({".txt", ".text", ".md", ""})
NOWHERE = "line 1, column 1"


@dataclass(slots=True)
class IngestReport:
    """What became of the records.

    ``changes`` holds, for every updated article, {article, file, fields: {field: {before, after, overridden}}};
    ``warnings`` {file, field, code, message}; the ids are for the door that refreshes drafts.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: list[dict[str, str]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    new_ids: list[int] = field(default_factory=list)
    updated_ids: list[int] = field(default_factory=list)


def ingest_paths(
    paths: Sequence[Path],
    *,
    form: str = "page-export",
    source: str = "page-export",
    url_map: Mapping[str, str],
    now: datetime,
) -> IngestReport:
    """Take in files and folders, in the order of their names; raises ``Invalid`` for a path that is not there.

    ``form`` names how they are written (``SOURCES``), ``source`` where they come from; ``url_map`` gives an address
    by file name. The same files a second time change nothing.
    """
    report = IngestReport()
    files = _files(paths, report)
    with ThreadPoolExecutor(max_workers=1) as reader:  # the next batch is read while the database takes this one
        batches = iter(lambda: list(islice(files, BATCH)), [])
        ahead = [reader.submit(_read_all, batch, form, url_map) for batch in islice(batches, 1)]
        while ahead:
            records = ahead.pop().result()
            ahead += [reader.submit(_read_all, batch, form, url_map) for batch in islice(batches, 1)]
            store(records, source=source, now=now, report=report)
    return report


def store(
    records: Iterable[IncomingArticle | RefusedRecord], *, source: str, now: datetime, report: IngestReport
) -> None:
    """Store records of one source in one transaction and add what became of them to ``report``."""
    records = list(records)
    articles = [record for record in records if isinstance(record, IncomingArticle)]
    with transaction.atomic():
        shelf = Shelf(source=source, now=now)
        shelf.load(articles)
        outcomes = [shelf.take(article) for article in articles]
        shelf.save()
        quarantine([record for record in records if isinstance(record, RefusedRecord)], source=source, now=now)
    for record in records:
        _report(record, report)
    for outcome in outcomes:
        _count(outcome, report)


def _files(paths: Sequence[Path], report: IngestReport) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise Invalid(f"{path} is not there.", where=str(path), fix="Give files or folders that exist.")
    return _walk(paths, report)


def _walk(paths: Sequence[Path], report: IngestReport) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for file in sorted(file for file in path.rglob("[!.]*") if file.is_file()):
            if file.suffix.lower() in PAGE_ENDINGS:
                yield file
            else:
                words = "The file was left alone: page exports end in .txt."
                report.warnings.append({"file": file.name, "field": "", "code": "left_alone", "message": words})


def _read_all(files: Sequence[Path], form: str, url_map: Mapping[str, str]) -> list[IncomingArticle | RefusedRecord]:
    return [record for file in files for record in _read(file, form, url_map)]


def _read(file: Path, form: str, url_map: Mapping[str, str]) -> Iterable[IncomingArticle | RefusedRecord]:
    name = file.name.encode("utf-8", "replace").decode()[:500]
    try:
        if file.stat().st_size > LARGEST_FILE:
            words = f"The file is larger than {LARGEST_FILE >> 20} MB."
            return [RefusedRecord(name, "too_large", words, NOWHERE)]
        content = file.read_bytes()
    except OSError as error:
        return [RefusedRecord(name, "unreadable", f"The file cannot be read: {error.strerror}.", NOWHERE)]
    return SOURCES[form].read(content, key=name, url=clean_address(url_map.get(name, "")))


def _report(record: IncomingArticle | RefusedRecord, report: IngestReport) -> None:
    if isinstance(record, RefusedRecord):
        report.quarantined.append(
            {"file": record.key, "reason": record.reason, "message": record.message, "position": record.position}
        )
        return
    report.warnings += [
        {"file": record.key, "field": odd.field, "code": odd.code, "message": odd.message} for odd in record.warnings
    ]


def _count(outcome: Outcome, report: IngestReport) -> None:
    if outcome.word == "new":
        report.new += 1
        report.new_ids.append(outcome.article.pk)
    elif outcome.word == "updated":
        report.updated += 1
        report.updated_ids.append(outcome.article.pk)
        change = {"article": outcome.article.pk, "file": outcome.key, "fields": outcome.differences}
        report.changes.append(change)
    else:
        report.unchanged += 1
