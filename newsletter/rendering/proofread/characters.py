"""32 · No character that cannot be read, and none that turns the direction of what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from newsletter.rendering.finding import Finding, Sheet, excerpt

_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ud800-\udfff\u202a-\u202e]")

PARTS = ("subject", "preheader", "html", "text")


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look through every word of the digest; where they are clean, through what became of them."""
    findings = [*_in(_words(sheet.digest.as_dict(), ""))]
    yield from findings or _in((name, getattr(sheet, name)) for name in PARTS)


def _in(texts: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    for place, text in texts:
        if found := _BAD.search(text):
            around = excerpt(_BAD.sub("·", text[max(0, found.start() - 20) : found.end() + 20]), 40)
            yield Finding("characters", "E", f"{place}: U+{ord(found[0]):04X} in “{around}”", "Remove the character.")


def _words(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield every string in plain data with its place, as in "sections 1, items 2, headline"."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _words(part, f"{place}, {name}".lstrip(", "))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value, start=1):
            yield from _words(part, f"{place} {number}")
