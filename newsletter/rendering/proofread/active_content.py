"""22, 23 · Nothing runs, nothing is embedded, nothing is fetched for style."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

BANNED = ("script", "iframe", "form", "object", "embed", "base", "link", "frame", "input", "video", "audio")


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for tags and attributes that mail clients strip or fear."""
    for element in sheet.tree.iter(*BANNED):
        yield Finding("active_content", "E", f"<{element.tag!s}>", "Take it out; it has no place in mail.")
    for element in sheet.tree.xpath("//*[@*[starts-with(name(), 'on')]]"):
        yield Finding("active_content", "E", f"<{element.tag}>", "Take out its event handler.")
    for element in sheet.tree.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh') = 'refresh']"):
        yield Finding("active_content", "E", f"<{element.tag} http-equiv=refresh>", "Take it out.")
    if re.search(r"@import\b|@font-face", sheet.html, re.IGNORECASE):
        yield Finding("active_content", "E", "style", "Take out @import and web fonts.")
