"""34 · The document is called what the subject says."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Compare <title> with the subject."""
    if " ".join((sheet.tree.findtext("head/title") or "").split()) != " ".join(sheet.subject.split()):
        yield Finding("title", "W", "<title>", "Use the subject as title.")
