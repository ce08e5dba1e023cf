"""10 · A mail from right to left holds no style that turns it back."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt, style_of


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the style attributes where the language is written from right to left."""
    if sheet.digest.direction != "rtl":
        return
    for element in sheet.tree.xpath("//*[@style]"):
        if style_of(element).get("direction") == "ltr":
            place = f"<{element.tag}>: {excerpt(element.text_content(), 40)}"
            yield Finding("direction", "E", place, "Set direction rtl on section, column, group and wrapper.")
            return
