"""5, 6 · Readers find the way out, their preferences and the browser view, in both parts."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet
from newsletter.rendering.personal import Slot, split

WANTED = {"unsubscribe": "unsubscribe link", "preferences": "preferences link", "view": "view-in-browser link"}


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for the three links among the slots of both parts."""
    in_text = {part.name for part in split(sheet.text, sheet.nonce) if isinstance(part, Slot)}
    for name, words in WANTED.items():
        shown = [text for address, text in sheet.hrefs if sheet.is_slot(address, name)]
        if not any(shown):
            yield Finding("way_out", "E", "HTML part", f"Add a visible {words}.")
        if name not in in_text:
            yield Finding("way_out", "E", "text part", f"Add the {words}.")
