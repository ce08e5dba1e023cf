"""9 · The document says its language and direction, for screen readers and hyphenation."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at <html>, or <body> where <html> says nothing: some clients keep only the one."""
    body = sheet.tree.find("body")
    for name in ("lang", "dir"):
        if not sheet.tree.get(name) and (body is None or not body.get(name)):
            yield Finding("language", "E", "<html>", f"Give it {name}.")
    if "und" in (sheet.tree.get("lang"), body.get("lang") if body is not None else None):
        yield Finding("language", "W", "<html>", "Give the language of the newsletter.")
