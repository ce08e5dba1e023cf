"""6 · Readers find their preferences and the issue in the browser, in both parts."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet
from newsletter.rendering.personal import Slot, split

WANTED = {"preferences": "preferences link", "view": "view-in-browser link"}


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for both links among the slots of both parts."""
    in_text = {part.name for part in split(sheet.text, sheet.nonce) if isinstance(part, Slot)}
    for name, words in WANTED.items():
        if not any(sheet.is_slot(link.address, name) and sheet.is_visible(link) for link in sheet.links):
            yield Finding("preferences_and_view", "E", "HTML part", f"Add a visible {words}.")
        if name not in in_text:
            yield Finding("preferences_and_view", "E", "text part", f"Add the {words}.")
