"""24 · Images stand at an https address, in a form and of a size that mail clients load."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.rendering.finding import Finding, Sheet, excerpt

HEAVY, TOO_HEAVY = 200_000, 1_000_000  # octets


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the address of every image, and at its weight where it was fetched."""
    for image in sheet.tree.iter("img"):
        source = str(image.get("src", "")).strip()
        place = f"image {excerpt(source)}"
        if source.lower().startswith("data:") or _path(source).endswith((".svg", ".svgz")):
            yield Finding(
                "image_address", "E", place, "Mail clients do not show it; use PNG or JPEG at an https address."
            )
        elif not source.lower().startswith("https://"):
            yield Finding("image_address", sheet.strict_level, place, "Use an https address.")
    for source in dict.fromkeys(str(image.get("src", "")) for image in sheet.tree.iter("img")):
        page = sheet.pages.get(source)
        if page is not None and page.octets > HEAVY:
            level = "E" if page.octets > TOO_HEAVY else "W"
            place = f"image {excerpt(source)}, {page.octets:,} bytes"
            yield Finding("image_address", level, place, f"Scale it down below {HEAVY // 1000} KB.")


def _path(address: str) -> str:
    try:
        return urlsplit(address).path.lower()
    except ValueError:
        return address.lower()
