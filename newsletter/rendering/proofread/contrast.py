"""16 · Every text can be read on its ground, in light and in dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.cascade import contrast, texts
from newsletter.rendering.finding import Finding, Sheet, excerpt

LEAST, LEAST_LARGE = 4.5, 3.0
UNSEEN = "\u00a0\u200c\u200b\ufeff\u034f\u00ad "  # what preheaders are filled up with


def check(sheet: Sheet) -> Iterator[Finding]:
    """Compute the contrast of every text; each pair of colors is told once, at its first place."""
    for mode, found in (("light", sheet.light), ("dark", sheet.dark)):
        seen: set[tuple[str, str, bool]] = set()
        for text, look, _ in texts(found):
            pair = (look.color, look.ground, look.large)
            if pair in seen or not (look.color and look.ground) or look.size <= 1 or not text.strip(UNSEEN):
                continue
            seen.add(pair)
            least, ratio = LEAST_LARGE if look.large else LEAST, contrast(look.color, look.ground)
            if ratio < least:
                fix = f"{look.color} on {look.ground} is {ratio:.1f}:1; at least {least:g}:1. Change the brand."
                yield Finding("contrast", "E", f"{mode}: {excerpt(text, 40)}", fix)
