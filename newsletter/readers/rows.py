"""The rows of a CSV file of readers, each good or refused with a reason; memory does not grow with the file."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from newsletter.errors import Invalid
from newsletter.readers.address import address_hash, normalise
from newsletter.readers.marks import center_of, plan_of, tags_of

COLUMNS = ("email", "name", "language", "center", "plan", "tags")
LONGEST_LINE = 10_000  # bytes
LONGEST_RECORD = 20  # lines
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*|")
Refuse = Callable[[int, str], None]  # told the number of a row and why it is not taken


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


def read_rows(lines: IO[bytes], refuse: Refuse) -> Iterator[Row]:
    """Yield every good row once, the first of several with one address; raises ``Invalid`` for a file without heading.

    Some 60 bytes a row are kept, to know the addresses again.
    """
    return _once(_rows(_Lines(lines), refuse), refuse)


def _rows(lines: _Lines, refuse: Refuse) -> Iterator[Row]:
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
            refuse(line.number, f"the line {line.fault or 'opens a quotation mark and does not close it'}")
        elif any(cell.strip() for cell in cells):
            values = {name: cells[place].strip() if place < len(cells) else "" for name, place in at.items()}
            if row := _row(line.number, values, refuse):
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


def _row(number: int, values: dict[str, str], refuse: Refuse) -> Row | None:
    try:
        address = normalise(values["email"])
    except Invalid as error:
        refuse(number, error.message)
        return None
    name = unicodedata.normalize("NFC", values.get("name", ""))
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name) or len(name) > 200:
        refuse(number, "the name holds control characters or is longer than 200 characters")
        return None
    language = language_tag(values.get("language", ""))
    if not LANGUAGE.fullmatch(language):
        refuse(number, f"{language[:20]!r} is no language tag")
        return None
    try:
        center, plan, tags = center_of(values.get("center", "")), plan_of(values.get("plan", "")), _tags(values)
    except Invalid as error:
        refuse(number, error.message)
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


def _once(rows: Iterator[Row], refuse: Refuse) -> Iterator[Row]:
    """Keep the first of several rows with one address."""
    seen: set[int] = set()
    for row in rows:
        key = int.from_bytes(row.digest[:8], "big")
        if key in seen:
            refuse(row.number, "the same address stands in an earlier row")
        else:
            seen.add(key)
            yield row
