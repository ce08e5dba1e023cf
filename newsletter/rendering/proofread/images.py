"""11, 24, 25 · Images have an alternative, a width, and an address that mail clients load."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt

LONGEST_ALT = 125


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at every img."""
    for image in sheet.tree.iter("img"):
        source, alt = str(image.get("src", "")), image.get("alt")
        place = f"image {excerpt(source)}"
        if alt is None:
            yield Finding("images", "E", place, 'Give it alt text, or alt="" beside its headline.')
        elif len(alt) > LONGEST_ALT or alt.lower().endswith((".jpg", ".png", ".jpeg")):
            yield Finding("images", "W", place, "Describe in a few words what it shows.")
        if source.startswith("data:") or source.lower().endswith(".svg"):
            yield Finding("images", "E", place, "Mail clients do not show it; use PNG or JPEG at an https address.")
        elif not source.startswith("https://"):
            yield Finding("images", sheet.strict_level, place, "Use an https address.")
        if not image.get("width"):
            yield Finding("images", "W", place, "Give it a width.")
