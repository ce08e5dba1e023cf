"""``newsletter quarantine``: what was refused, why, and how it is set right."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.errors import Invalid
from newsletter.ingest.fix import around, discard, fix, record_of, waiting
from newsletter.ingest.models import QuarantinedRecord
from newsletter.ingest.remedy import remedy
from newsletter.management.verb import Verb, now, page

SHOWN = ("source", "key", "reason", "message", "position", "form", "url", "first_seen_at", "seen_at")


class Command(Verb):
    help = "Refused records: list, `show ID`, `fix ID --url URL|--title WORDS|--text FILE`, `discard ID --reason WHY`."
    lists = "records"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "show", "fix", "discard"], nargs="?", default="list")
        parser.add_argument("record", type=int, nargs="?", metavar="ID")
        parser.add_argument("--source", default="", help="only those of one source")
        parser.add_argument("--reason", default="", help="only those refused for one reason; for discard: why")
        parser.add_argument("--url", default="", help="its address")
        parser.add_argument("--title", default="", help="its title")
        parser.add_argument("--text", type=Path, metavar="FILE", help="its whole text, corrected")

    def run(
        self,
        *,
        act: str,
        record: int | None,
        source: str,
        reason: str,
        url: str,
        title: str,
        text: Path | None,
        by: str,
        limit: int,
        after: str,
        **_: Any,
    ) -> dict[str, Any]:
        if act == "list":
            found = waiting(source=source, reason=reason)
            rows, more = page(found.filter(pk__lt=int(after)) if after else found, limit)
            return {"records": [_row(row) for row in rows], "next": str(rows[-1].pk) if more else None}
        if record is None:
            raise Invalid("Which record?", where="quarantine", fix="Give its number.")
        if act == "show":
            one = record_of(record)
            lines = [{"line": number, "text": line, "here": here} for number, line, here in around(one)]
            return {**_row(one), "lines": lines}
        if act == "discard":
            return _row(discard(record, by=by, reason=reason, now=now()))
        report = fix(record, url=url, title=title, text=_text(text), by=by, now=now())
        return {**asdict(report), "exit_code": 1 if report.quarantined else 0}


def _row(record: QuarantinedRecord) -> dict[str, Any]:
    told = {name: getattr(record, name) for name in SHOWN}
    return {"id": record.pk, **told, **asdict(remedy(record))}


def _text(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", where=str(file), fix="Give a UTF-8 file.") from None
