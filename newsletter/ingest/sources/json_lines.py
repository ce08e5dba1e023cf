"""JSON and JSON Lines: the object of a page export with its texts as fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from newsletter.ingest.columns import renamed
from newsletter.ingest.decode import Undecodable, decode
from newsletter.ingest.keys import keys_of
from newsletter.ingest.payload import START, refuse, refuse_hollow
from newsletter.ingest.read_object import read_object, text_in
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.tidy import safe

__all__ = ["JsonLines", "read_object"]
LISTS = ("articles", "items", "records", "results", "data")
_BROKEN = "This is not a JSON object"


@dataclass(frozen=True, slots=True)
class JsonLines:
    """The socket's plug for JSON: one object, a list of objects, or an object a line.

    ``columns`` tells which of the source's fields holds which of ours.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    name = "jsonl"

    def with_columns(self, columns: Mapping[str, str]) -> JsonLines:
        """Return the plug for a source that names its fields otherwise."""
        return JsonLines(columns)

    def read(self, content: bytes, *, key: str, url: str) -> list[IncomingArticle | RefusedRecord]:
        """Return every record; a line that is no object is refused by itself, an answer without any as a whole.

        A single object without an address gets ``url``.
        """
        if hollow := refuse_hollow(content, key=key, wanted="JSON"):
            return [*hollow]
        decoded = decode(content)
        if isinstance(decoded, Undecodable):
            place = f"line {decoded.line}, column {decoded.column}"
            return [*refuse(key, "not_text", decoded.reason, content, position=place)]
        return self._records(decoded.text, content, key, url)

    def _records(self, text: str, content: bytes, key: str, url: str) -> list[IncomingArticle | RefusedRecord]:
        try:
            whole = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            found = list(self._lines(text, key, url))
            if not any(isinstance(record, IncomingArticle) or record.reason != "not_json" for record in found):
                first = found[0] if found else None
                words = first.message if isinstance(first, RefusedRecord) else f"{_BROKEN}."
                return [*refuse(key, "not_json", words, content, position=getattr(first, "position", START))]
            return found
        if isinstance(whole, dict) and not (listed := _listed(whole)):
            return [self._alone(whole, key, url)]
        parts = whole if isinstance(whole, list) else listed if isinstance(whole, dict) else []
        if not parts:
            return [*refuse(key, "no_records", "There are no objects in it.", content)]
        key_of = keys_of()
        return [self._one(part, key_of, f"item {at}", url) for at, part in enumerate(parts, start=1)]

    def _alone(self, value: Mapping[str, Any], key: str, url: str) -> IncomingArticle | RefusedRecord:
        named = renamed(value, self.columns)
        own = text_in(named.get("key")) or key
        return read_object(named if named.get("url") else {**named, "url": url}, key=own, url=url)

    def _lines(self, text: str, key: str, url: str) -> Iterator[IncomingArticle | RefusedRecord]:
        key_of = keys_of()
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line, strict=False)
            except (ValueError, RecursionError) as broken:
                column = broken.colno if isinstance(broken, json.JSONDecodeError) else 1
                words = broken.msg if isinstance(broken, json.JSONDecodeError) else "too deep, or a number too long"
                place = f"line {number}, column {column}"
                own = f"{safe(key)[:400]}#{number}"
                yield RefusedRecord(own, "not_json", f"{_BROKEN}: {words}.", place, safe(line), form="jsonl")
                continue
            yield self._one(value, key_of, f"line {number}, column 1", url)

    def _one(self, value: Any, key_of: Any, place: str, url: str) -> IncomingArticle | RefusedRecord:
        if not isinstance(value, dict):
            shown = safe(json.dumps(value, ensure_ascii=False))
            return RefusedRecord(key_of("", {"title": shown}), "not_json", f"{_BROKEN}.", place, shown, form="jsonl")
        named = renamed(value, self.columns)
        own = text_in(named.get("key")) or text_in(named.get("id"))
        found = read_object(named, key=key_of(own, named), url=url)
        return replace(found, position=place) if isinstance(found, RefusedRecord) else found


def _listed(value: Mapping[str, Any]) -> list[Any]:
    """Return the list an object is only the cover of."""
    if "title" in value or "authors" in value:
        return []
    return next((part for name in LISTS if isinstance(part := value.get(name), list)), [])
