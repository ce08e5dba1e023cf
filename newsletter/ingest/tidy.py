"""Text as people meant it: NFC, no invisible blanks at the edges, nothing a database refuses."""

from __future__ import annotations

import re
import unicodedata

from newsletter.expressions.fold import fold

# Zero-width and directional marks, the soft hyphen and the byte order mark: invisible at the edge of a text.
_INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3164\ufeff\uffa0"
_EDGES = re.compile(rf"\A[\s{_INVISIBLE}]+|[\s{_INVISIBLE}]+\Z")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_REFUSED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")


def tidy(text: str) -> str:
    """Return ``text`` as one line: NFC, single blanks, nothing invisible at its edges; typography is kept."""
    return _EDGES.sub("", _BLANKS.sub(_one_blank, safe(text)))


def even_lines(text: str) -> str:
    """Return ``text`` with every kind of line end as one line feed."""
    return _LINE_ENDS.sub("\n", text)


def safe(text: str) -> str:
    """Return ``text`` in NFC without what PostgreSQL or UTF-8 cannot hold (NUL, controls, lone surrogates)."""
    text = _SURROGATES.sub("\ufffd", _REFUSED.sub("", text))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def letters(text: str) -> str:
    """Return only the folded letters and digits of ``text``, for comparing texts whose blanks were lost."""
    return _NOT_WORD.sub("", fold(text))


def _one_blank(run: re.Match[str]) -> str:
    return run[0] if run[0] in ("\u00a0", "\u202f") else " "
