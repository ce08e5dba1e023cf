"""Take records in: once each, newest version wins, and every one ends as new, updated, unchanged or quarantined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from newsletter.ingest.quarantine import quarantine
from newsletter.ingest.read_files import read_files
from newsletter.ingest.rules import rules_of
from newsletter.ingest.shelf import Outcome, Shelf
from newsletter.ingest.source import IncomingArticle, RefusedRecord


@dataclass(slots=True)
class IngestReport:
    """What became of the records.

    ``changes`` holds, for every updated article, {article, file, major, fields: {field: {before, after, overridden}}};
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
    for records in read_files(paths, form=form, url_map=url_map, left_alone=report.warnings):
        store(records, source=source, form=form, now=now, report=report)
    return report


def store(
    records: Iterable[IncomingArticle | RefusedRecord],
    *,
    source: str,
    form: str = "page-export",
    now: datetime,
    report: IngestReport,
) -> list[Outcome]:
    """Store records of one source in one transaction, add what became of them to ``report`` and return it by record.

    ``form`` is how the texts of refused records are written that do not say so themselves.
    """
    rules = rules_of(source)
    records = rules.applied(list(records))
    articles = [record for record in records if isinstance(record, IncomingArticle)]
    with transaction.atomic():
        shelf = Shelf(source=source, now=now, renew=rules.renew)
        shelf.load(articles)
        outcomes = [shelf.take(article) for article in articles]
        shelf.save()
        refused = [record for record in records if isinstance(record, RefusedRecord)]
        quarantine(refused, source=source, form=form, now=now)
    for record in records:
        _report(record, report)
    for outcome in outcomes:
        _count(outcome, report)
    return outcomes


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
        change = {
            "article": outcome.article.pk,
            "file": outcome.key,
            "major": outcome.major,
            "fields": outcome.differences,
        }
        report.changes.append(change)
    else:
        report.unchanged += 1
