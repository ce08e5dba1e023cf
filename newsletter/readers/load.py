"""Readers from a CSV file: a consent by import, with who brought it and when."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.db import transaction

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid
from newsletter.readers.address import address_hash, normalise
from newsletter.readers.models import Consent, Reader, Subscription, Suppression

BATCH = 2000
COLUMNS = ("email", "name", "language")
LONGEST_LINE = 10_000
REFUSALS_KEPT = 1000
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*|")


@dataclass(slots=True)
class LoadReport:
    """What became of the rows: ``loaded`` got a new subscription, ``updated`` a new name or language.

    ``refused`` lists at most a thousand rows, ``refused_count`` counts all.
    """

    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, row: int, reason: str) -> None:
        """Note that a row was not taken."""
        self.refused_count += 1
        if len(self.refused) < REFUSALS_KEPT:
            self.refused.append({"row": row, "reason": reason})


@dataclass(frozen=True, slots=True)
class Row:
    """One good row of the file; ``number`` counts from 2, the line below the heading."""

    number: int
    address: str
    digest: bytes
    name: str
    language: str


def load(lines: IO[bytes], *, newsletter: Newsletter, by: str, now: datetime) -> LoadReport:
    """Subscribe the readers in ``lines`` (UTF-8 CSV with columns email, name, language) to ``newsletter``.

    Streams; memory does not grow with the file. Who left this newsletter or is suppressed stays out. Every batch of
    2,000 rows is stored on its own, so a broken file keeps what stood before the break. Raises ``Invalid`` for a file
    that is no such CSV.
    """
    report = LoadReport()
    rows = _rows(lines, report)
    while batch := list(islice(rows, BATCH)):
        _store(_once(batch, report), newsletter, by, now, report)
    return report


def _rows(lines: IO[bytes], report: LoadReport) -> Iterator[Row]:
    texts = _texts(lines)
    heading = next(texts, "")
    mark = ";" if heading.count(";") > heading.count(",") else ","
    names = [name.strip().lower() for name in next(csv.reader([heading], delimiter=mark), [])]
    if "email" not in names:
        raise Invalid(
            "The first line does not name a column email.",
            where="line 1",
            fix="Start with: email,name,language",
        )
    at = {name: names.index(name) for name in COLUMNS if name in names}
    number = 1
    reader = csv.reader(texts, delimiter=mark)
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report.refuse(number, f"not CSV: {error}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        values = {name: cells[place].strip() if place < len(cells) else "" for name, place in at.items()}
        row = _row(number, values, report)
        if row:
            yield row


def _texts(lines: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE + 1), b""), 1):
        if len(line) > LONGEST_LINE:
            raise Invalid(
                f"Line {number} is longer than {LONGEST_LINE} bytes.",
                where=f"line {number}",
                fix="Is it a CSV file?",
            )
        if b"\0" in line:
            raise Invalid(f"Line {number} holds a NUL byte.", where=f"line {number}", fix="Save the file as UTF-8 CSV.")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Invalid(
                f"Line {number} is not UTF-8 (byte {error.start + 1}).",
                where=f"line {number}",
                fix="Save the file as UTF-8.",
            ) from None
        yield text


def _row(number: int, values: dict[str, str], report: LoadReport) -> Row | None:
    try:
        address = normalise(values["email"])
    except Invalid as error:
        report.refuse(number, error.message)
        return None
    name = unicodedata.normalize("NFC", values.get("name", ""))
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name) or len(name) > 200:
        report.refuse(number, "the name holds control characters or is longer than 200 characters")
        return None
    language = values.get("language", "").strip()
    if not LANGUAGE.fullmatch(language):
        report.refuse(number, f"{language[:20]!r} is no language tag")
        return None
    return Row(number, address, address_hash(address), name, language)


def _once(batch: list[Row], report: LoadReport) -> list[Row]:
    """Keep the first of several rows with one address."""
    kept: dict[bytes, Row] = {}
    for row in batch:
        if row.digest in kept:
            report.refuse(row.number, f"the same address as in row {kept[row.digest].number}")
        else:
            kept[row.digest] = row
    return list(kept.values())


@transaction.atomic
def _store(rows: list[Row], newsletter: Newsletter, by: str, now: datetime, report: LoadReport) -> None:
    rows = _without(rows, _suppressed(rows), "the address is suppressed", report)
    Reader.objects.bulk_create(
        [
            Reader(
                address=row.address,
                address_hash=row.digest,
                name=row.name,
                language=row.language,
                created_at=now,
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )
    known = {
        bytes(reader.address_hash): reader
        for reader in Reader.objects.filter(address_hash__in=[r.digest for r in rows])
    }
    states = dict(
        Subscription.objects.filter(newsletter=newsletter, reader__in=known.values()).values_list("reader_id", "state")
    )
    left = {row.digest for row in rows if states.get(known[row.digest].pk) == Subscription.State.LEFT}
    rows = _without(rows, left, "this reader left the newsletter", report)
    changed = _renamed(rows, known)
    fresh = [known[row.digest] for row in rows if known[row.digest].pk not in states]
    _subscribe(fresh, newsletter, by, now)
    new = {reader.pk for reader in fresh}
    report.loaded += len(fresh)
    report.updated += sum(reader.pk not in new for reader in changed)
    report.unchanged += len(rows) - len(fresh) - sum(reader.pk not in new for reader in changed)


def _suppressed(rows: list[Row]) -> set[bytes]:
    found = Suppression.objects.filter(address_hash__in=[row.digest for row in rows], lifted_at=None)
    return {bytes(digest) for digest in found.values_list("address_hash", flat=True)}


def _without(rows: list[Row], out: set[bytes], reason: str, report: LoadReport) -> list[Row]:
    for row in rows:
        if row.digest in out:
            report.refuse(row.number, reason)
    return [row for row in rows if row.digest not in out]


def _renamed(rows: list[Row], known: dict[bytes, Reader]) -> list[Reader]:
    """Take over names and languages the file gives; what it leaves empty stays as it is."""
    changed = []
    for row in rows:
        reader = known[row.digest]
        name, language = row.name or reader.name, row.language or reader.language
        if (name, language) != (reader.name, reader.language):
            reader.name, reader.language = name, language
            changed.append(reader)
    Reader.objects.bulk_update(changed, ["name", "language"])
    return changed


def _subscribe(readers: list[Reader], newsletter: Newsletter, by: str, now: datetime) -> None:
    Subscription.objects.bulk_create(
        Subscription(reader=reader, newsletter=newsletter, state=Subscription.State.ACTIVE, since=now)
        for reader in readers
    )
    Consent.objects.bulk_create(
        Consent(reader=reader, newsletter=newsletter, act="imported", at=now, by=by) for reader in readers
    )
