"""18 · Type is large enough to read."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.cascade import texts
from newsletter.rendering.finding import Finding, Sheet, excerpt

SMALLEST = 13  # pixels; the footer's


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the size of every visible text."""
    for text, look in texts(sheet.tree, dark=False):
        if 1 < look.size < SMALLEST and text.strip("\u00a0\u200c\ufeff "):
            yield Finding("type_size", "W", f"{look.size:g} px: {excerpt(text, 40)}", f"Use at least {SMALLEST} px.")
