"""Slots that editors wrote can be filled where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt
from newsletter.rendering.insert import wrong_slots

CONTEXT = {"subject": "subject", "preheader": "text", "note": "text"}


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the subject, the preheader and the note, where an editor wrote them."""
    for place, context in CONTEXT.items():
        if place not in sheet.digest.written:
            continue
        for wrong in wrong_slots(getattr(sheet.digest, place), context):
            yield Finding("slots", "E", f"{place}: {excerpt(wrong.written, 40)}", wrong.fix)
