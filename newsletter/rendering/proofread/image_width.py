"""25 · Images have a width; Outlook shows them in their own size otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the width attribute of every img."""
    for image in sheet.tree.iter("img"):
        if not str(image.get("width", "")).strip():
            yield Finding("image_width", "W", f"image {excerpt(str(image.get('src', '')))}", "Give it a width.")
