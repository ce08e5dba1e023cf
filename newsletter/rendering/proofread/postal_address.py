"""7 · The postal address and each center's disclaimer stand in both parts, once."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for the address and count the disclaimers."""
    plain = " ".join(sheet.text.split())
    address = " ".join(sheet.digest.postal_address.split())
    for place, text in (("HTML part", sheet.visible), ("text part", plain)):
        if not address or address not in text:
            yield Finding("postal_address", "E", place, "Show the sender's postal address.")
        for disclaimer in sheet.digest.disclaimers:
            times = text.count(" ".join(disclaimer.split()))
            if times != 1:
                yield Finding("postal_address", "E", place, f"Show each disclaimer once, not {times} times.")
