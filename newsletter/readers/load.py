"""Readers from a CSV file: a consent by import, with who brought it and when."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper as Cursor

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid, Refused
from newsletter.readers.address import address_hash, normalise
from newsletter.readers.marks import center_of, plan_of, tags_of
from newsletter.readers.models import Reader, Subscription

BATCH = 2000
COLUMNS = ("email", "name", "language", "center", "plan", "tags")
LONGEST_LINE = 10_000  # bytes
LONGEST_RECORD = 20  # lines
REFUSALS_KEPT = 1000
TAG_MARK = "\x1f"  # a control character, which no tag holds
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*|")


@dataclass(slots=True)
class LoadReport:
    """What became of the rows: ``loaded`` got a new subscription, ``updated`` a new name, language or group.

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
    """One good row of the file; ``number`` is that of its line, the heading being line 1."""

    number: int
    address: str
    digest: bytes
    name: str
    language: str
    center: str
    plan: str
    tags: tuple[str, ...] | None  # None = the file does not say


def load(lines: IO[bytes], *, newsletter: Newsletter, by: str, now: datetime, file: str = "") -> LoadReport:
    """Subscribe the readers in ``lines`` (UTF-8 CSV with the ``COLUMNS``, of which email is needed) to ``newsletter``.

    Streams: memory grows by some 60 bytes a row. Who left this newsletter or is suppressed stays out; who paused it
    stays paused. A row that cannot be read is refused by its number, and the others go in. Every batch of 2,000 rows is
    stored on its own. ``file`` is kept as evidence. Raises ``Invalid`` for a file that is no such CSV.
    """
    report = LoadReport()
    rows = _once(_rows(_Lines(lines), report), report)
    while batch := list(islice(rows, BATCH)):
        _store(batch, newsletter, _Act(by, now, {"file": file} if file else {}), report)
    return report


def _rows(lines: _Lines, report: LoadReport) -> Iterator[Row]:
    heading = next(lines, None)
    mark = _mark(heading.text if heading else "")
    names = [name.strip().casefold() for name in (_cells(heading.text, mark) if heading else None) or ()]
    if heading is None or heading.fault or "email" not in names:
        raise Invalid(
            f"The first line {(heading and heading.fault) or 'does not name a column email'}.",
            where="line 1",
            fix="Save the file as UTF-8 CSV that starts with: email,name,language",
        )
    at = {name: names.index(name) for name in COLUMNS if name in names}
    for line in lines:
        cells = _cells(line.text, mark) if not line.fault else []
        if cells is None:
            cells = _joined(line, lines, mark)
        if line.fault or cells is None:
            report.refuse(line.number, f"the line {line.fault or 'opens a quotation mark and does not close it'}")
        elif any(cell.strip() for cell in cells):
            values = {name: cells[place].strip() if place < len(cells) else "" for name, place in at.items()}
            if row := _row(line.number, values, report):
                yield row


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str
    fault: str = ""  # why it cannot be read


class _Lines:
    """The lines of a file, each readable or with its fault; lines can be looked at ahead of time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._number, self._ahead = file, 0, deque[_Line]()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> _Line:
        line = self._ahead.popleft() if self._ahead else self._read()
        if line is None:
            raise StopIteration
        return line

    def ahead(self, count: int) -> list[_Line]:
        """Return up to ``count`` of the coming lines and leave them to come."""
        while len(self._ahead) < count and (line := self._read()):
            self._ahead.append(line)
        return list(islice(self._ahead, count))

    def _read(self) -> _Line | None:
        octets = self._file.readline(LONGEST_LINE + 1)
        if not octets:
            return None
        self._number += 1
        if len(octets) > LONGEST_LINE:
            while octets and not octets.endswith(b"\n"):
                octets = self._file.readline(1_000_000)
            return _Line(self._number, "", f"is longer than {LONGEST_LINE} bytes")
        if octets.startswith((b"\xff\xfe", b"\xfe\xff")) and self._number == 1:
            return _Line(1, "", "is UTF-16")
        if b"\0" in octets:
            return _Line(self._number, "", "holds a NUL byte")
        try:
            return _Line(self._number, octets.decode("utf-8-sig" if self._number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            return _Line(self._number, "", f"is not UTF-8 (byte {error.start + 1})")


def _mark(heading: str) -> str:
    """Return what separates the cells: the comma, or the semicolon or tab of spreadsheet programs."""
    return max(",;\t", key=heading.count)


def _cells(text: str, mark: str) -> list[str] | None:
    """Return the cells of one record, or None when a quotation mark stays open."""
    try:
        return next(csv.reader([text], delimiter=mark, strict=True), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None
    try:
        return next(csv.reader([text], delimiter=mark), [])
    except csv.Error:
        return None


def _joined(line: _Line, lines: _Lines, mark: str) -> list[str] | None:
    """Return the cells of a record that goes on over further lines, or None when it does not end soon."""
    text = line.text
    for count, further in enumerate(lines.ahead(LONGEST_RECORD), 1):
        text += further.text
        try:
            cells: list[str] = next(csv.reader([text], delimiter=mark, strict=True), [])
        except csv.Error as error:
            if further.fault or "unexpected end" not in str(error):
                return None
            continue
        for _ in range(count):
            next(lines)
        return cells
    return None


def _row(number: int, values: dict[str, str], report: LoadReport) -> Row | None:
    try:
        address = normalise(values["email"])
    except Invalid as error:
        report.refuse(number, error.message)
        return None
    name = unicodedata.normalize("NFC", values.get("name", ""))
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name) or len(name) > 200:
        report.refuse(number, "the name holds control characters or is longer than 200 characters")
        return None
    language = language_tag(values.get("language", ""))
    if not LANGUAGE.fullmatch(language):
        report.refuse(number, f"{language[:20]!r} is no language tag")
        return None
    try:
        center, plan, tags = center_of(values.get("center", "")), plan_of(values.get("plan", "")), _tags(values)
    except Invalid as error:
        report.refuse(number, error.message)
        return None
    return Row(number, address, address_hash(address), name, language, center, plan, tags)


def _tags(values: dict[str, str]) -> tuple[str, ...] | None:
    """Return the tags of a row: a cell that is empty says nothing, ``-`` takes all away."""
    cell = values.get("tags", "")
    return None if not cell else () if cell == "-" else tags_of(re.split(r"[|;,]", cell))


def language_tag(text: str) -> str:
    """Return a tag as we write it: "EN" is en, "pt_BR" is pt-BR."""
    first, mark, rest = text.strip().replace("_", "-").partition("-")
    return f"{first.lower()}{mark}{rest}"


def _once(rows: Iterator[Row], report: LoadReport) -> Iterator[Row]:
    """Keep the first of several rows with one address."""
    seen: set[int] = set()
    for row in rows:
        key = int.from_bytes(row.digest[:8], "big")
        if key in seen:
            report.refuse(row.number, "the same address stands in an earlier row")
        else:
            seen.add(key)
            yield row


@dataclass(frozen=True, slots=True)
class _Act:
    by: str
    now: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    name: str
    language: str
    center: str
    plan: str
    tags: list[str]
    state: str | None  # of the subscription to this newsletter


@transaction.atomic
def _store(rows: list[Row], newsletter: Newsletter, act: _Act, report: LoadReport) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('readers.load'))")  # two imports take turns by batches
        rows = _without(rows, _suppressed(cursor, rows), "the address is suppressed", report)
        known = _readers(cursor, rows, newsletter, act)
        left = {digest for digest, reader in known.items() if reader.state == Subscription.State.LEFT}
        rows = _without(rows, left, "this reader left the newsletter", report)
        changed = _changed(cursor, rows, known)
        fresh = _subscribe(cursor, [known[row.digest].id for row in rows], newsletter, act)
    report.loaded += len(fresh)
    report.updated += len(changed - fresh)
    report.unchanged += len(rows) - len(fresh | changed)


def _suppressed(cursor: Cursor, rows: list[Row]) -> set[bytes]:
    cursor.execute(
        "select address_hash from newsletter_suppression where lifted_at is null and address_hash = any(%s)",
        [[row.digest for row in rows]],
    )
    return {bytes(digest) for (digest,) in cursor.fetchall()}


def _without(rows: list[Row], out: set[bytes], reason: str, report: LoadReport) -> list[Row]:
    for row in rows:
        if row.digest in out:
            report.refuse(row.number, reason)
    return [row for row in rows if row.digest not in out]


def _readers(cursor: Cursor, rows: list[Row], newsletter: Newsletter, act: _Act) -> dict[bytes, _Known]:
    """Return the readers of these rows by hash, the new ones made."""
    digests = [row.digest for row in rows]
    cursor.execute(
        """
        insert into newsletter_reader (address, address_hash, name, language, center, plan, tags, created_at)
        select v.address, v.hash, v.name, v.language, v.center, coalesce(nullif(v.plan, ''), %s),
            string_to_array(v.tags, %s), %s
        from unnest(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
            as v (address, hash, name, language, center, plan, tags)
        on conflict do nothing
        """,
        [
            *(Reader.Plan.PLAIN, TAG_MARK, act.now, [row.address for row in rows], digests),
            *([row.name for row in rows], [row.language for row in rows], [row.center for row in rows]),
            *([row.plan for row in rows], [TAG_MARK.join(row.tags or ()) for row in rows]),
        ],
    )
    cursor.execute(
        """
        select r.address_hash, r.id, r.name, r.language, r.center, r.plan, r.tags, s.state from newsletter_reader r
        left join newsletter_subscription s on s.reader_id = r.id and s.newsletter_id = %s
        where r.address_hash = any(%s)
        """,
        [newsletter.pk, digests],
    )
    known = {bytes(digest): _Known(*rest) for digest, *rest in cursor.fetchall()}
    if len(known) < len(rows):
        raise Refused(
            "Readers are known under other hashes: the address key has changed.",
            where="NEWSLETTER_ADDRESS_KEY",
            fix="Set the key this database was filled with; suppressed addresses are found by it.",
        )
    return known


def _changed(cursor: Cursor, rows: list[Row], known: dict[bytes, _Known]) -> set[int]:
    """Take over what the file gives; what it leaves empty stays. Return the readers that changed."""
    changed: dict[int, tuple[str, str, str, str, str]] = {}
    for row in rows:
        reader = known[row.digest]
        tags = reader.tags if row.tags is None else list(row.tags)
        before = reader.name, reader.language, reader.center, reader.plan, reader.tags
        after = row.name or before[0], row.language or before[1], row.center or before[2], row.plan or before[3], tags
        if after != before:
            changed[reader.id] = (*after[:4], TAG_MARK.join(tags))
    cursor.execute(
        """
        update newsletter_reader r set name = v.name, language = v.language, center = v.center, plan = v.plan,
            tags = string_to_array(v.tags, %s)
        from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
            as v (id, name, language, center, plan, tags) where r.id = v.id
        """,
        [TAG_MARK, list(changed), *([values[at] for values in changed.values()] for at in range(5))],
    )
    return set(changed)


def _subscribe(cursor: Cursor, reader_ids: list[int], newsletter: Newsletter, act: _Act) -> set[int]:
    """Subscribe who has no subscription or has not confirmed one yet, with the proof. Return whom that was."""
    cursor.execute(
        """
        with fresh as (
            insert into newsletter_subscription as s (reader_id, newsletter_id, state, since)
            select unnest(%(readers)s::bigint[]), %(newsletter)s, 'active', %(now)s
            on conflict (reader_id, newsletter_id) do update set state = 'active', since = excluded.since
            where s.state = 'pending'
            returning reader_id
        )
        insert into newsletter_consent (reader_id, newsletter_id, act, at, by, evidence)
        select reader_id, %(newsletter)s, 'imported', %(now)s, %(by)s, %(evidence)s from fresh
        returning reader_id
        """,
        {
            "readers": reader_ids,
            "newsletter": newsletter.pk,
            "now": act.now,
            "by": act.by,
            "evidence": json.dumps(act.evidence),
        },
    )
    return {reader_id for (reader_id,) in cursor.fetchall()}
