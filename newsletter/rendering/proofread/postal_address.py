"""7 · The postal address stands in both parts, and the disclaimer of each center that has an article once."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for the address and count the disclaimers."""
    address = _bare(sheet.digest.postal_address)
    for place, text in (("HTML part", _bare(sheet.visible)), ("text part", _bare(sheet.text))):
        if not address or address not in text:
            yield Finding("postal_address", "E", place, "Show the sender's postal address.")
        for disclaimer in sheet.digest.disclaimers:
            times = text.count(_bare(disclaimer))
            if times != 1:
                told = f"{place}: {excerpt(disclaimer, 40)}"
                yield Finding("postal_address", "E", told, f"Show each disclaimer once, not {times} times.")


def _bare(text: str) -> str:
    """Return ``text`` without blanks, which folding adds and takes away, and without direction marks."""
    return "".join(sign for sign in text if not sign.isspace() and sign not in "\u2066\u2067\u2068\u2069\u200e\u200f")
