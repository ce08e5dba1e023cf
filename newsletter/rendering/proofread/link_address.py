"""20 · Every link leads to a whole address that mail clients follow."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.rendering.finding import Finding, Sheet, excerpt

SCHEMES = ("https", "http", "mailto", "tel")


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the address of every link."""
    for link in sheet.links:
        if sheet.is_slot(link.address) or link.address.startswith("#"):  # a jump is told by anchors
            continue
        place = f"link {excerpt(link.text or link.address)}"
        scheme, whole = _parts(link.address)
        if not link.address.strip():
            yield Finding("link_address", "E", place, "Give the link an address.")
        elif scheme not in SCHEMES or not whole:
            yield Finding("link_address", "E", place, "Use a whole address with https, mailto or tel.")
        elif scheme == "http":
            yield Finding("link_address", "W", place, "Use https.")


def _parts(address: str) -> tuple[str, bool]:
    """Return the scheme of an address, and whether it says a place."""
    try:
        parts = urlsplit(address.strip())
        whole = bool(parts.hostname) if parts.scheme.lower() in ("https", "http") else bool(parts.path)
    except ValueError:
        return "", False
    return parts.scheme.lower(), whole
