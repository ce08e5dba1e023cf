"""A person sets a refused record right, or says that it need not come in."""

from __future__ import annotations

import json
import re
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Left

from newsletter.errors import Invalid, NotFound
from newsletter.ingest.give_address import web_address
from newsletter.ingest.models import QuarantinedRecord, Supplement
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources import SOURCES
from newsletter.ingest.sources.page_export import PageExport, read_page
from newsletter.ingest.store import IngestReport, store
from newsletter.ingest.write_object import FORM

Read = IncomingArticle | RefusedRecord
LONGEST_TITLE = 1000
LONGEST_LINE = 400  # of what is shown
START = 4000  # characters of a text that a list may look at: whole texts of many records fill the memory


def waiting(*, source: str = "", reason: str = "") -> QuerySet[QuarantinedRecord]:
    """Return the refused records that wait, the newest first; a discarded one waits again once it changed.

    Their ``text`` is left in the database; ``start`` is its beginning.
    """
    found = QuarantinedRecord.objects.filter(Q(discarded_at=None) | ~Q(content_hash=F("discarded_hash")))
    wanted = {name: value for name, value in (("source", source), ("reason", reason)) if value}
    return found.filter(**wanted).defer("text").annotate(start=Left("text", START)).order_by("-pk")


def record_of(record_id: int) -> QuarantinedRecord:
    """Return one refused record; raises ``NotFound``."""
    record = QuarantinedRecord.objects.filter(pk=record_id).first()
    if record is None:
        raise NotFound(
            f"There is no refused record {record_id}.", where="quarantine", fix="See `newsletter quarantine`."
        )
    return record


def fix(record_id: int, *, url: str = "", title: str = "", text: str = "", by: str, now: datetime) -> IngestReport:
    """Read a refused record again with what a person gives: its address, its title, or its whole text corrected.

    Address and title hold whenever the record comes again. It is still refused where the report says so. Raises
    ``Invalid`` when nothing is given, ``NotFound``.
    """
    if not (url.strip() or title.strip() or text.strip()):
        raise Invalid("Nothing is given.", where="quarantine", fix="Give its address, its title, or its text.")
    record = record_of(record_id)
    url = web_address(url) if url.strip() else ""
    title = " ".join(title.split())[:LONGEST_TITLE]
    report = IngestReport()
    with transaction.atomic():
        if url or title:
            _remember(record, url, title, by, now)
        read = _read(record, url or record.url, title, text.replace("\r\n", "\n") or record.text)
        store(read, source=record.source, form=record.form, now=now, report=report)
        if not report.quarantined:
            QuarantinedRecord.objects.filter(pk=record_id).delete()
    return report


def discard(record_id: int, *, by: str, reason: str, now: datetime) -> QuarantinedRecord:
    """Put a refused record aside until its content changes; raises ``NotFound``, and ``Invalid`` without a reason."""
    if not reason.strip():
        raise Invalid("A reason is needed.", where="reason", fix="Say why it need not come in.")
    record = record_of(record_id)
    record.discarded_at, record.discarded_by = now, by[:200]
    record.discarded_reason, record.discarded_hash = reason.strip()[:500], record.content_hash
    record.save(update_fields=["discarded_at", "discarded_by", "discarded_reason", "discarded_hash"])
    return record


def around(record: QuarantinedRecord, *, lines: int = 6) -> list[tuple[int, str, bool]]:
    """Return the lines of the text around its position: (number, line, whether it is the place)."""
    found = re.fullmatch(r"line (\d+), column (\d+)", record.position)
    place, column = (int(found[1]), int(found[2])) if found else (1, 1)
    shown = list(enumerate(record.text.split("\n"), start=1))[max(place - 1 - lines, 0) : place + lines]
    return [(number, _window(line, column if number == place else 1), number == place) for number, line in shown]


def _window(line: str, column: int) -> str:
    """Return what of a long line stands around a column."""
    start = max(column - LONGEST_LINE // 2, 0) if len(line) > LONGEST_LINE else 0
    end = start + LONGEST_LINE
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def _remember(record: QuarantinedRecord, url: str, title: str, by: str, now: datetime) -> None:
    given = {name: value for name, value in (("url", url), ("title", title)) if value}
    Supplement.objects.update_or_create(
        source=record.source, key=record.key, defaults={**given, "by": by[:200], "at": now}
    )


def _read(record: QuarantinedRecord, url: str, title: str, text: str) -> list[Read]:
    if record.form == PageExport.name:
        return [read_page(text.encode("utf-8", "replace"), key=record.key, url=url, title=title)]
    content = _with(text, {"title": title, "url": url}) if record.form == FORM else text
    form = SOURCES.get(record.form, SOURCES[FORM])
    return list(form.read(content.encode("utf-8", "replace"), key=record.key, url=url))


def _with(text: str, given: dict[str, str]) -> str:
    """Return an object with what is given in it; a text that is none stays as it is and is refused again."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(told, dict):
        return text
    return json.dumps({**told, **{name: value for name, value in given.items() if value}}, ensure_ascii=False)
