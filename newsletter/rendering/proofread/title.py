"""34 · The document is called what the subject says."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Compare <title> with the subject."""
    title, subject = sheet.usual(sheet.tree.findtext("head/title") or ""), sheet.usual(sheet.subject)
    if " ".join(title.split()) != " ".join(subject.split()):
        yield Finding("title", "W", "<title>", "Use the subject as title.")
