"""26 · The line beside the subject is worth reading."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

SHORTEST, LONGEST = 30, 140


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the preheader."""
    words = sheet.usual(sheet.preheader).strip()
    if not words:
        yield Finding("preheader", "W", "preheader", "Write one; inboxes show the first words of the mail instead.")
    elif words == sheet.usual(sheet.subject).strip():
        yield Finding("preheader", "W", "preheader", "Say something the subject does not say.")
    elif not SHORTEST <= len(words) <= LONGEST and not any(ord(sign) > 0x2E80 for sign in words):
        yield Finding("preheader", "W", f"preheader, {len(words)} characters", f"Use {SHORTEST} to {LONGEST}.")
