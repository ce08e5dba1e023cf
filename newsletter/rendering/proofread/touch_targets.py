"""19 · A finger hits every link (WCAG 2.2, 2.5.8)."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.cascade import Look
from newsletter.rendering.finding import Finding, Link, Sheet, block_of, excerpt, has_words_beside, pixels, style_of
from newsletter.rendering.plaintext import width

LEAST = 24  # pixels
WIDTH_OF_A_SIGN = 0.5  # of the size of the type, in the mean


def check(sheet: Sheet) -> Iterator[Finding]:
    """Estimate height and width of every link; WCAG makes an exception of links inside a sentence."""
    for link in sheet.links:
        look = sheet.light.get(link.element)
        if look is None or not sheet.is_visible(link) or has_words_beside(link.element):
            continue
        high, wide = _size(link, look)
        if high < LEAST or wide < LEAST:
            place = f"link {excerpt(link.text, 40)}, {wide:.0f} × {high:.0f} px"
            yield Finding("touch_targets", "W", place, f"Give it {LEAST} × {LEAST} px: line height or padding.")


def _size(link: Link, look: Look) -> tuple[float, float]:
    images = [style_of(image) | dict(image.attrib) for image in link.element.iter("img")]
    if images and not link.element.text_content().strip():
        known = [pixels(str(image.get("height", ""))) for image in images]
        widths = [pixels(str(image.get("width", ""))) for image in images]
        # a height of "auto" is not known; an image that is as wide as a finger is hardly lower
        high = max((one for one in known if one is not None), default=max((w or LEAST for w in widths), default=LEAST))
        return high, max((one for one in widths if one is not None), default=LEAST)
    above = block_of(link.element)
    padding = _padding(look.own)
    if look.own.get("display") not in ("block", "inline-block", "table-cell"):
        padding = (0.0, padding[1])  # padding above a piece of a line makes no room
    high = max(look.leading, *(one.size for one in [look])) + padding[0]
    lines = [look.leading + padding[0], high] + ([_leading_of(above)] if _leading_of(above) else [])
    return max(lines), width(link.text) * look.size * WIDTH_OF_A_SIGN + padding[1]


def _leading_of(block: object) -> float:
    """Return the height a block's own style gives its lines in pixels, 0 without one."""
    value = style_of(block).get("line-height", "")  # type: ignore[arg-type]
    return (pixels(value) or 0.0) if value.endswith("px") else 0.0


def _padding(own: object) -> tuple[float, float]:
    """Return what padding adds to height and width."""
    sides = {"top": 0.0, "right": 0.0, "bottom": 0.0, "left": 0.0}
    assert hasattr(own, "get")
    if parts := [pixels(part) or 0.0 for part in str(own.get("padding", "")).split()]:
        top, right = parts[0], parts[1] if len(parts) > 1 else parts[0]
        bottom, left = parts[2] if len(parts) > 2 else top, parts[3] if len(parts) > 3 else right
        sides = {"top": top, "right": right, "bottom": bottom, "left": left}
    for side in sides:
        sides[side] = pixels(str(own.get(f"padding-{side}", ""))) or sides[side]
    return sides["top"] + sides["bottom"], sides["left"] + sides["right"]
