"""1 · Gmail clips a message above 102 KB and with it the unsubscribe link."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

CLIPPED, NEAR = 102_000, 90_000  # bytes


def check(sheet: Sheet) -> Iterator[Finding]:
    """Measure the HTML with the longest personal values."""
    size = len(sheet.longest(sheet.html).encode())
    place = f"HTML, {size:,} bytes"
    if size > CLIPPED:
        yield Finding("size", "E", place, f"Drop articles until it is below {CLIPPED:,} bytes.")
    elif size > NEAR:
        yield Finding("size", "W", place, "Gmail clips at 102 KB; drop an article or shorten teasers.")
