"""8, 9, 10, 17 · The document says what it is: doctype, language, direction, color scheme."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the head of the document."""
    if not sheet.html.startswith("<!DOCTYPE html"):
        yield Finding("document", "E", "first line", "Start with <!DOCTYPE html>.")
    for name in ("lang", "dir"):
        if not sheet.tree.get(name):
            yield Finding("document", "E", "<html>", f"Give it {name}.")
    if sheet.tree.get("lang") == "und":
        yield Finding("document", "W", "<html>", "Give the language of the newsletter.")
    if sheet.digest.direction == "rtl" and "direction:ltr" in sheet.html.replace(" ", ""):
        yield Finding("document", "E", "style", "Set direction rtl on every section and column.")
    if not sheet.tree.xpath("//meta[@name='color-scheme']"):
        yield Finding("document", "W", "<head>", "Add <meta name=color-scheme>.")
