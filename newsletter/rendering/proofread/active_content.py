"""22 · Nothing runs, nothing is embedded, nothing is loaded for style."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

# fmt: off
BANNED = (
    "script", "iframe", "form", "object", "embed", "base", "frame", "frameset", "applet", "input", "textarea", "select",
    "button", "video", "audio",
)
# fmt: on


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for tags and attributes that mail clients strip or fear."""
    for element in sheet.tree.iter(*BANNED):
        yield Finding("active_content", "E", f"<{element.tag!s}>", "Take it out; it has no place in mail.")
    for element in sheet.tree.xpath("//*[@*[starts-with(name(), 'on')]]"):
        yield Finding("active_content", "E", f"<{element.tag}>", "Take out its event handler.")
    for element in sheet.tree.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh') = 'refresh']"):
        yield Finding("active_content", "E", f"<{element.tag} http-equiv=refresh>", "Take it out.")
    for link in sheet.tree.iter("link"):
        if "stylesheet" in str(link.get("rel", "")).lower():
            yield Finding("active_content", "E", "<link rel=stylesheet>", "Write the rules into the template.")
