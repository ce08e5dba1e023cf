"""23 · No font is fetched: few clients do, some show nothing while they wait, and it tells on the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt

_FETCHED = re.compile(r"@(?:import\b|font-face\b|[\w-]*\\)[^;{]*", re.IGNORECASE)


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for @import and @font-face in every style, and for links to fonts."""
    for style in sheet.tree.iter("style"):
        for found in _FETCHED.finditer(style.text or ""):
            yield Finding(
                "web_fonts", "E", f"<style>: {excerpt(found[0], 40)}", "Take it out; name fonts readers have."
            )
    for link in sheet.tree.iter("link"):
        if "font" in str(link.get("href", "")).lower() or link.get("as") == "font":
            place = f"<link> {excerpt(str(link.get('href', '')))}"
            yield Finding("web_fonts", "E", place, "Take it out; name fonts readers have.")
