"""18 · Type is large enough to read, with room between its lines."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import html as lxml_html

from newsletter.rendering.cascade import texts
from newsletter.rendering.finding import Finding, Sheet, excerpt

SMALLEST, SMALLEST_BELOW = 14, 13  # pixels; below the last article, in the footer
LEAST_LEADING = 1.4  # of the size; headings may be tighter
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
UNSEEN = "\u00a0\u200c\u200b\ufeff\u034f\u00ad "


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at size and leading of every visible text; each pair is told once."""
    seen: set[tuple[float, float, bool]] = set()
    footer = _footer(sheet)
    for text, look, element in texts(sheet.light):
        below = element in footer
        kind = (look.size, round(look.leading / look.size, 2) if look.size else 0, below)
        if kind in seen or look.size <= 1 or not text.strip(UNSEEN):
            continue
        seen.add(kind)
        least = SMALLEST_BELOW if below else SMALLEST
        if look.size < least:
            yield Finding("type_size", "W", f"{look.size:g} px: {excerpt(text, 40)}", f"Use at least {least} px.")
        if kind[1] < LEAST_LEADING and any(sign.isalpha() for sign in text) and not _in_heading(element):
            place = f"line height {kind[1]:g}: {excerpt(text, 40)}"
            yield Finding("type_size", "W", place, f"Use at least {LEAST_LEADING}.")


def _in_heading(element: lxml_html.HtmlElement) -> bool:
    return element.tag in HEADINGS or next(element.iterancestors(*HEADINGS), None) is not None


def _footer(sheet: Sheet) -> frozenset[lxml_html.HtmlElement]:
    """Return the elements of the part that holds the last unsubscribe link."""
    links = [link.element for link in sheet.links if sheet.is_slot(link.address, "unsubscribe")]
    if not links:
        return frozenset()
    above = [element for element in links[-1].iterancestors() if element.tag == "table"]
    return frozenset(above[-1].iter()) if above else frozenset(links[-1].iter())
