"""12 · Tables that only arrange things say so to screen readers."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at every table without head cells."""
    for table in sheet.tree.iter("table"):
        if table.get("role") not in ("presentation", "none") and not table.xpath(".//th"):
            yield Finding("tables", "E", f"table: {excerpt(table.text_content(), 40)}", "Give it role=presentation.")
