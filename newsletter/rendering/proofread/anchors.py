"""39 · No jumps inside the mail; many clients do not follow them."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for links to places in the page."""
    for address, text in sheet.hrefs:
        if address.startswith("#"):
            yield Finding("anchors", "W", f"link {excerpt(text or address)}", "Link to the article instead.")
