"""17 · The document says that it knows dark mode; without it some clients turn its colors around."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for the meta element."""
    if not sheet.tree.xpath("//meta[@name='color-scheme']"):
        yield Finding("color_scheme", "W", "<head>", "Add <meta name=color-scheme content='light dark'>.")
