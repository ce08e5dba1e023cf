"""Lines that name the authors of a page, alone or beside persons its metadata does not know."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.ingest.furniture import is_no_headline
from newsletter.ingest.related import is_no_item
from newsletter.ingest.tidy import letters

LONGEST_SPEAKER = 120
_LED = re.compile(r"^By [A-Z][^.!?]{2,100}$")
_BETWEEN_NAMES = re.compile(r"\s*(?:,|;|\||&|、|，|،|\band\b|\bet\b|\by\b|\bи\b|\bو)\s*")
_BEFORE_NAMES = re.compile(r"^(?:\d+\s+|by\b:?\s*|authors?:\s*|автор(?:ы)?:\s*|بقلم:?\s*|作者[:：]\s*)+", re.IGNORECASE)
_PARTICLE = r"(?:(?:al|de|van|von|der|bin|ibn|el|la|du)\b[ -]?)*"
_NAME = re.compile(rf"{_PARTICLE}[^\W\da-zа-яё_][^\s,]*(?:[ -]{_PARTICLE}[^\W\da-zа-яё_][^\s,]*){{0,3}}")
_JOINED = re.compile(r"^(?:by|and|и|و|автор|авторы)+$")


def is_byline(line: str, authors: Sequence[str]) -> bool:
    """Return True for a line of names, at least one of ``authors`` (as ``letters``, the longest first) among them."""
    said = rest = letters(line)
    for name in authors:
        rest = rest.replace(name, "")
    if rest == said:
        return False
    return not rest or bool(_JOINED.match(rest)) or _is_row_of_names(line, authors)


def is_names(line: str) -> bool:
    """Return True for "By X and Y", "- +18", "A, B, C, …", whoever they are, and for the "and" between two of them."""
    return bool(_LED.match(line)) or is_no_item(line) or (len(line) < 5 and bool(_JOINED.match(line.casefold())))


def is_said_by(line: str, authors: Sequence[str]) -> bool:
    """Return True for an author's turn in a conversation ("Ada Byron: Welcome")."""
    speaker, colon, _ = line.partition(":")
    return bool(colon) and len(speaker) < LONGEST_SPEAKER and letters(speaker) in authors


def _is_row_of_names(line: str, authors: Sequence[str]) -> bool:
    names = [name for name in _BETWEEN_NAMES.split(_BEFORE_NAMES.sub("", line)) if name]
    known = [name for name in names if letters(name) in authors]
    return bool(known) and all(name in known or _NAME.fullmatch(name) or is_no_headline(name) for name in names)
