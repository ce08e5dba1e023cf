"""5 · Readers find the way out at the end of both parts, and their mail program finds it in the headers (RFC 8058)."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet
from newsletter.rendering.personal import Slot, split


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for a visible link behind the last article, in HTML and in text, and at the plan for the headers."""
    shown = [at for at, link in enumerate(sheet.links) if sheet.is_slot(link.address, "unsubscribe")]
    shown = [at for at in shown if sheet.is_visible(sheet.links[at])]
    articles = {item.url for item in sheet.items if item.url}
    last = max((at for at, link in enumerate(sheet.links) if link.address in articles), default=-1)
    yield from _told("HTML part", found=bool(shown), at_the_end=bool(shown) and shown[-1] > last)

    parts = split(sheet.text, sheet.nonce)
    slots = [at for at, part in enumerate(parts) if isinstance(part, Slot) and part.name == "unsubscribe"]
    behind = "".join(part for part in parts[slots[-1] :] if isinstance(part, str)) if slots else ""
    at_the_end = not any(address in behind for address in articles)
    yield from _told("text part", found=bool(slots), at_the_end=at_the_end)

    if sheet.list_unsubscribe is not None:
        yield from _plan(sheet, sheet.list_unsubscribe)


def _told(place: str, *, found: bool, at_the_end: bool) -> Iterator[Finding]:
    if not found:
        yield Finding("unsubscribe", "E", place, "Add a visible unsubscribe link at the end.")
    elif not at_the_end:
        yield Finding("unsubscribe", "E", place, "Put the unsubscribe link behind the last article.")


def _plan(sheet: Sheet, addresses: tuple[str, ...]) -> Iterator[Finding]:
    if not addresses:
        yield Finding("unsubscribe", "E", "List-Unsubscribe", "Plan the headers List-Unsubscribe and -Post.")
    elif not any(address.startswith("https://") for address in addresses):
        fix = "One click (List-Unsubscribe-Post) needs an https address; set NEWSLETTER_BASE_URL."
        yield Finding("unsubscribe", sheet.strict_level, "List-Unsubscribe-Post", fix)
