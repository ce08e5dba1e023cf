"""8 · The document begins with its doctype; without it mail clients lay it out as in 1998."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the first characters."""
    if not sheet.html.startswith("<!DOCTYPE html"):
        yield Finding("doctype", "E", "first line", "Start with <!DOCTYPE html>.")
