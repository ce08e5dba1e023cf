"""Text as people meant it: NFC, no invisible blanks at the edges, nothing a database refuses."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from newsletter.expressions.fold import fold

# Zero-width and directional marks, the soft hyphen and the byte order mark: invisible at the edge of a text.
_INVISIBLE = "".join(
    chr(sign)
    for first, last in (
        *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E)),
        *((0x2060, 0x2069), (0x3164, 0x3164), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0)),
    )
    for sign in range(first, last + 1)
)
_EDGES = _INVISIBLE + "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_REFUSED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s{2,}|[^\S \u00a0\u202f]")  # a lone no-break blank is typography
_NOT_WORD = re.compile(r"[\W_]+")


def tidy(text: str) -> str:
    """Return ``text`` as one line: NFC, single blanks, nothing invisible at its edges; typography is kept."""
    return trimmed(safe(text))


def trimmed(line: str) -> str:
    """Return a line that is ``safe`` already as ``tidy`` would."""
    return _BLANKS.sub(" ", line.strip(_EDGES))


def even_lines(text: str) -> str:
    """Return ``text`` with every kind of line end as one line feed."""
    return _LINE_ENDS.sub("\n", text)


def safe(text: str) -> str:
    """Return ``text`` in NFC without what PostgreSQL or UTF-8 cannot hold (NUL, controls, lone surrogates)."""
    if text.isascii() and text.isprintable():
        return text
    text = _REFUSED.sub("", text)
    if not text.isascii():
        text = _SURROGATES.sub("\ufffd", text)
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1 << 14)
def letters(text: str) -> str:
    """Return only the folded letters and digits of ``text``, for comparing texts whose blanks were lost."""
    return _NOT_WORD.sub("", fold(text))
