"""28 · The mail is no wider than 640 px and fits a phone of 320 px."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt, pixels, style_of

WIDEST, PHONE = 640, 320  # pixels
FLUID = ("100%", "auto")


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at every width that is given in pixels."""
    widest = 0.0
    for element in sheet.tree.iter("div", "table", "td", "th", "img", "p"):
        style = style_of(element)
        limit, wanted, least = (pixels(style.get(name, "")) or 0.0 for name in ("max-width", "width", "min-width"))
        own = max(wanted, pixels(str(element.get("width", ""))) or 0.0)
        widest = max(widest, limit, own)
        gives_way = style.get("width") in FLUID or style.get("max-width") in FLUID or element.tag in ("td", "th")
        if least > PHONE or (own > PHONE and not gives_way):
            place = f"<{element.tag!s}> of {max(own, least):g} px: {excerpt(element.text_content(), 30)}"
            yield Finding("width", "W", place, "Give it width:100% and the pixels as max-width.")
    if widest > WIDEST:
        yield Finding("width", "W", f"{widest:g} px", f"Keep the mail at most {WIDEST} px wide.")
