"""29 · A mail is more than pictures."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

LEAST_FOR_EACH_IMAGE = 60  # characters


def check(sheet: Sheet) -> Iterator[Finding]:
    """Compare the text with the number of images."""
    images = sum(1 for _ in sheet.tree.iter("img"))
    if images and len(sheet.visible) < images * LEAST_FOR_EACH_IMAGE:
        yield Finding("words_and_images", "W", f"{images} images", "Write more text; filters distrust pictures alone.")
