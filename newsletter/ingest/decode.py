"""Bytes into text, or a plain statement of why not."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKED = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE = 200  # bytes: metadata is mostly ASCII in every language
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and how it was come by: "" for clean UTF-8, else "cut" or "guessed"."""

    text: str
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Bytes nobody should guess at: the reason and the place of the first bad byte (line and column from 1)."""

    reason: str
    line: int
    column: int


def decode(payload: bytes) -> Decoded | Undecodable:
    """Return the text of ``payload``: by its byte order mark, as UTF-8, or as Windows-1252 where that is plain."""
    for mark, encoding in _MARKED:
        if payload.startswith(mark):
            return _strictly(payload[len(mark) :], encoding)
    return _strictly(payload, _unmarked(payload[:SAMPLE]))


def _unmarked(start: bytes) -> str:
    """Return the encoding of bytes without a mark: where every other one is NUL, UTF-16, else UTF-8."""
    if start[1::2].count(0) * 10 > len(start) * 4:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) * 10 > len(start) * 4 else "utf-8"


def _strictly(payload: bytes, encoding: str) -> Decoded | Undecodable:
    try:
        return Decoded(payload.decode(encoding))
    except UnicodeDecodeError as broken:
        head = payload[: broken.start]
        if encoding == "utf-8":
            if broken.reason == "unexpected end of data" and broken.end == len(payload):
                return Decoded(head.decode(encoding), "cut")
            if _looks_western(payload):
                return Decoded(payload.decode("cp1252", "replace"), "guessed")
        line = head.count(b"\n") + 1
        column = broken.start - head.rfind(b"\n")
        return Undecodable(
            f"the file is not {encoding.upper()} (byte {broken.start + 1}); save it as UTF-8 and send it again",
            line,
            column,
        )


def _looks_western(payload: bytes) -> bool:
    """Return True when high bytes are few and none forms a UTF-8 letter: Western text saved the old way."""
    return len(_HIGH.findall(payload)) * 20 < len(payload) and not _MULTIBYTE.search(payload)
