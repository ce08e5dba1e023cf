"""16 · Every text can be read on its ground, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.cascade import contrast, texts
from newsletter.rendering.finding import Finding, Sheet, excerpt

LEAST, LEAST_LARGE = 4.5, 3.0  # WCAG 2.2, 1.4.3


def check(sheet: Sheet) -> Iterator[Finding]:
    """Compute the contrast of each pair of colors once."""
    for mode, dark in (("light", False), ("dark", True)):
        seen: set[tuple[str, str, bool]] = set()
        for text, look in texts(sheet.tree, dark=dark):
            pair = (look.color, look.ground, look.large)
            if pair in seen or not (look.color and look.ground):
                continue
            seen.add(pair)
            if contrast(look.color, look.ground) < (LEAST_LARGE if look.large else LEAST):
                place = f"{mode}: {excerpt(text, 40)}"
                yield Finding("contrast", "E", place, f"{look.color} on {look.ground} is too faint; change the brand.")
