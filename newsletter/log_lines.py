"""How events are written to the log: as lines or as JSON, and never with an address in them.

Our own events carry ids only. What a library, a database error or a traceback would say about a person is masked here.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:=|]+@[^\s<>()\[\]\"',;:|]+")
_FIELD = re.compile(r"(?<!\S)(\w+)=(\S+)")
_VALUES = re.compile(r"(DETAIL:|CONTEXT:|LINE \d+:|Key \()[^\n]*")  # PostgreSQL repeats what it was given
_TOKEN = re.compile(r"(/[upvc]/)[A-Za-z0-9_-]{8,}|\b(nlt_)[A-Za-z0-9_-]+")  # links of readers; keys of programs
MASK = "(masked)"


def masked(text: str) -> str:
    """Return ``text`` without mail addresses, keys of links and programs, and the values a database error repeats."""
    return _TOKEN.sub(rf"\1\2{MASK}", _ADDRESS.sub(MASK, _VALUES.sub(rf"\1 {MASK}", text)))


class Lines(logging.Formatter):
    """One event a line: time, level, logger, words."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JsonLines(logging.Formatter):
    """One event a line as JSON: at, level, logger, event, and every ``name=value`` of the event as a key."""

    def format(self, record: logging.LogRecord) -> str:
        words = masked(record.getMessage())
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": words.partition(" ")[0] if _FIELD.search(words) else words,
            **{name: _number(value) for name, value in _FIELD.findall(words) if name not in ("at", "level", "logger")},
        }
        if record.exc_info:
            told["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def _number(text: str) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
