"""Tables as text: a header row, one article a row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from newsletter.ingest.columns import FACETS, LISTED, own_name, renamed
from newsletter.ingest.decode import Undecodable, decode
from newsletter.ingest.keys import keys_of
from newsletter.ingest.payload import refuse, refuse_hollow
from newsletter.ingest.read_object import read_object, text_in
from newsletter.ingest.source import IncomingArticle, Oddity, RefusedRecord
from newsletter.ingest.tidy import even_lines, safe, tidy

DELIMITERS = ",;\t|"
LISTS = frozenset((*LISTED, *FACETS.values()))
LONGEST_CELL = 10_000_000
_FIX = "Quote cells that hold the delimiter, and double the quotes inside them."
csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The socket's plug for tables; ``columns`` tells which column holds which of our fields."""

    columns: Mapping[str, str] = field(default_factory=dict)
    name = "csv"

    def with_columns(self, columns: Mapping[str, str]) -> CsvTable:
        """Return the plug for a source that names its columns otherwise."""
        return CsvTable(columns)

    def read(self, content: bytes, *, key: str, url: str) -> list[IncomingArticle | RefusedRecord]:
        """Return every row; a row with more cells than the header is refused, a table without header as a whole."""
        if hollow := refuse_hollow(content, key=key, wanted="a table"):
            return [*hollow]
        decoded = decode(content)
        if isinstance(decoded, Undecodable):
            place = f"line {decoded.line}, column {decoded.column}"
            return [*refuse(key, "not_text", decoded.reason, content, position=place)]
        text = even_lines(safe(decoded.text)).lstrip("\ufeff\n")
        delimiter = delimiter_of(text)
        rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
        try:
            header = [tidy(cell) for cell in next(rows, [])]
        except csv.Error:
            header = []
        known = {own_name(cell) for cell in header} | {
            ours for ours, theirs in self.columns.items() if theirs in header
        }
        if "title" not in known:
            return [*refuse(key, "not_a_table", "The first line names no column `title`.", content)]
        found = list(self._rows(rows, header, delimiter, key, url))
        return found or [*refuse(key, "no_records", "The table has no rows.", content)]

    def _rows(
        self, rows: Iterator[list[str]], header: Sequence[str], delimiter: str, key: str, url: str
    ) -> Iterator[IncomingArticle | RefusedRecord]:
        key_of, line = keys_of(), 2
        unread = [cell for cell in header if cell and not own_name(cell) and cell not in self.columns.values()]
        odd = [Oddity("unread_column", name[:60], f"Nobody reads the column {name[:60]!r}.") for name in unread]
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as broken:
                yield _refused(f"{safe(key)[:400]}#{line}", f"The row cannot be read: {broken}. {_FIX}", line, [])
                return
            here, line = line, getattr(rows, "line_num", line) + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(header):
                words = f"The row has {len(cells)} cells, the header {len(header)}. {_FIX}"
                yield _refused(f"{safe(key)[:400]}#{here}", words, here, cells)
                continue
            value = renamed(dict(zip(header, cells, strict=False)), self.columns)
            value = {name: _cell(name, cell, delimiter) for name, cell in value.items()}
            found = read_object(value, key=key_of(text_in(value.get("key") or value.get("id")), value), url=url)
            if isinstance(found, RefusedRecord):
                yield replace(found, position=f"line {here}, column 1")
            else:
                yield replace(found, warnings=(*found.warnings, *odd))
                odd = []


def delimiter_of(text: str) -> str:
    """Return the delimiter the header is written with: the one it holds most often outside quotes."""
    bare, quoted = "", False
    for sign in text.split("\n", 1)[0][:10_000]:
        quoted ^= sign == '"'
        bare += "" if quoted else sign
    return max(DELIMITERS, key=bare.count)


def _cell(name: str, cell: str, delimiter: str) -> Any:
    """Return a cell: those of lists are apart at semicolons or bars, never at commas, or a list of JSON."""
    if name == "minor":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(cell.strip().lower())
    if name not in LISTS:
        return cell
    if cell.lstrip().startswith("["):
        try:
            listed = json.loads(cell)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return listed
    apart = ";" if delimiter != ";" and ";" in cell else "|"
    return [part.strip() for line in cell.split("\n") for part in line.split(apart) if part.strip()]


def _refused(key: str, words: str, line: int, cells: Sequence[str]) -> RefusedRecord:
    text = json.dumps({"cells": list(cells)}, ensure_ascii=False)[:10_000]
    return RefusedRecord(key, "broken_row", words, f"line {line}, column 1", text, form="jsonl")
