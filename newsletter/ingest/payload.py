"""A whole answer that nothing can be read from: an empty one, a page of HTML instead of a feed, broken JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from newsletter.ingest.decode import Undecodable, decode
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.tidy import safe

START = "line 1, column 1"
REASONS = frozenset(("empty", "html_page", "not_a_feed", "not_json", "not_text", "not_a_table", "no_records"))
_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE | re.DOTALL)
_BLANK = b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"
LONGEST_KEPT = 200_000


def refuse(key: str, reason: str, message: str, content: bytes, *, position: str = START) -> list[RefusedRecord]:
    """Return the one refusal that stands for a whole answer."""
    return [
        RefusedRecord(
            safe(key)[:500], reason, message, position, safe(content[:LONGEST_KEPT].decode("utf-8", "replace"))
        )
    ]


def refuse_hollow(content: bytes, *, key: str, wanted: str) -> list[RefusedRecord]:
    """Return the refusal of an empty answer or a page of HTML; nothing for any other."""
    if not content.strip(_BLANK):
        return refuse(key, "empty", f"The answer is empty; {wanted} was expected.", content)
    if _PAGE.match(content[:4096]):
        return refuse(key, "html_page", f"The answer is a page of HTML; {wanted} was expected.", content)
    return []


def refused_whole(records: Sequence[IncomingArticle | RefusedRecord]) -> RefusedRecord | None:
    """Return the refusal when it stands for the whole answer."""
    alone = records[0] if len(records) == 1 else None
    return alone if isinstance(alone, RefusedRecord) and alone.reason in REASONS else None


def read_json(content: bytes, *, key: str) -> tuple[Any, list[RefusedRecord]]:
    """Return the value of a JSON answer, or its refusal with the place of the first fault."""
    decoded = decode(content)
    if isinstance(decoded, Undecodable):
        place = f"line {decoded.line}, column {decoded.column}"
        return None, refuse(key, "not_text", decoded.reason, content, position=place)
    try:
        return json.loads(decoded.text, strict=False), []
    except (ValueError, RecursionError) as broken:
        place = f"line {broken.lineno}, column {broken.colno}" if isinstance(broken, json.JSONDecodeError) else START
        words = broken.msg if isinstance(broken, json.JSONDecodeError) else "too deep, or a number too long"
        return None, refuse(key, "not_json", f"This is not JSON: {words}.", content, position=place)
