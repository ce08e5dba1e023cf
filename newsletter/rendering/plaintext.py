"""The plain-text twin: its own template, at most 78 columns as a terminal counts them."""

from __future__ import annotations

import re

from wcwidth import wcswidth, wcwidth

from newsletter.rendering.personal import ANY_TOKEN

COLUMNS = 78
USUAL_VALUE = "x" * 12  # a slot takes about so many columns once it is filled


def wrap(text: str) -> str:
    """Return ``text`` with every line at most 78 columns; an address alone on its line stays whole."""
    lines = [piece for line in text.strip().split("\n") for piece in _fold_line(line.rstrip())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _fold_line(line: str) -> list[str]:
    if width(line) <= COLUMNS or not line.strip():
        return [line]
    indent = re.match(r"\s*", line)
    margin = indent[0] if indent else ""
    folded: list[str] = []
    current = margin
    for word in line.split():
        joined = word if current.strip() == "" else f"{current.strip()} {word}"
        if width(margin + joined) <= COLUMNS:
            current = margin + joined
            continue
        if current.strip():
            folded.append(current)
        *whole, current = _pieces(margin, word)
        folded += whole
    return [*folded, current]


def _pieces(margin: str, word: str) -> list[str]:
    """Break a word that is longer than a line, between CJK signs; addresses stay whole."""
    if "://" in word or all(wcwidth(sign) < 2 for sign in word):
        return [margin + word]
    pieces, current = [], margin
    for sign in word:
        if width(current + sign) > COLUMNS:
            pieces.append(current)
            current = margin
        current += sign
    return [*pieces, current]


def width(text: str) -> int:
    """Return the columns ``text`` takes, with slots as long as they usually are."""
    text = ANY_TOKEN.sub(USUAL_VALUE, text)
    columns = wcswidth(text)
    return columns if columns >= 0 else len(text)
