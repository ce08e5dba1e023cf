"""11 · Images have an alternative for those who do not see them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt

LONGEST_ALT = 125
_FILE = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|avif)|(?:img|dsc|image|photo)[ _-]?\d+", re.IGNORECASE)


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the alt of every img; alt="" is right beside a headline inside the same link."""
    for image in sheet.tree.iter("img"):
        alt, place = image.get("alt"), f"image {excerpt(str(image.get('src', '')))}"
        link = next(image.iterancestors("a"), None)
        if alt is None:
            yield Finding("alt_text", "E", place, 'Give it alt text, or alt="" beside its headline in one link.')
        elif _FILE.fullmatch(alt.strip()):
            yield Finding("alt_text", "W", place, "Describe what it shows; this is the name of a file.")
        elif len(alt) > LONGEST_ALT:
            yield Finding("alt_text", "W", f"{place}, {len(alt)} characters", "Describe it in a few words.")
        elif not alt.strip() and link is not None and not link.text_content().strip():
            yield Finding("alt_text", "W", place, "It is alone in its link; say where the link leads.")
