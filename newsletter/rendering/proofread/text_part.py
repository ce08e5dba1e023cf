"""30 · The plain-text part is there and has every link."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Compare the text part with the links of the HTML part."""
    if not sheet.text.strip():
        yield Finding("text_part", "E", "text part", "Write the text template.")
        return
    for address in dict.fromkeys(link.address for link in sheet.links):
        if not sheet.is_slot(address) and address not in sheet.text:
            yield Finding("text_part", "W", f"text part: {excerpt(address)}", "Add this link to the text template.")
