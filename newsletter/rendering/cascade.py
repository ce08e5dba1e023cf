"""What color a text has on what ground once mail clients have applied the styles, in light and in dark.

Only what this house's mail uses: inline styles, and simple rules inside @media (prefers-color-scheme: dark), all of
them important. Colors are #rgb or #rrggbb; anything else counts as unknown and is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cssselect import SelectorError
from lxml import html as lxml_html
from lxml.cssselect import CSSSelector

_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_DECLARATION = re.compile(r"\s*([\w-]+)\s*:\s*([^;]+?)\s*(?:!important)?\s*(?:;|$)")
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_LARGE_PX, _LARGE_BOLD_PX = 24.0, 18.66  # WCAG 2.2, 1.4.3: 18 pt, or 14 pt bold
Styles = dict[lxml_html.HtmlElement, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a run of text looks: colors as #rrggbb, "" when unknown; size in pixels."""

    color: str = "#000000"
    ground: str = "#ffffff"
    size: float = 16.0
    bold: bool = False

    @property
    def large(self) -> bool:
        """Whether WCAG counts it as large text."""
        return self.size >= _LARGE_PX or (self.bold and self.size >= _LARGE_BOLD_PX)


def texts(tree: lxml_html.HtmlElement, *, dark: bool) -> Iterator[tuple[str, Look]]:
    """Yield every run of visible text below <body> with its look."""
    body = tree.find("body")
    if body is not None:
        yield from _below(body, Look(), _dark_styles(tree) if dark else {})


def contrast(color: str, ground: str) -> float:
    """Return the contrast of two colors, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(color), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _below(element: lxml_html.HtmlElement, above: Look, styles: Styles) -> Iterator[tuple[str, Look]]:
    if not isinstance(element.tag, str) or element.tag in ("style", "script"):
        return
    own = declarations(element.get("style") or "") | styles.get(element, {})
    if own.get("display") == "none":
        return
    look = _look(above, own)
    if (element.text or "").strip():
        yield str(element.text).strip(), look
    for child in element:
        yield from _below(child, look, styles)
        if (child.tail or "").strip():
            yield str(child.tail).strip(), look


def _look(above: Look, own: dict[str, str]) -> Look:
    look = above
    if "color" in own:
        look = replace(look, color=_color(own["color"]))
    ground = own.get("background-color") or own.get("background")
    if ground and ground != "transparent":
        look = replace(look, ground=_color(ground))
    size = re.fullmatch(r"([\d.]+)px", own.get("font-size", ""))
    if size:
        look = replace(look, size=float(size[1]))
    if "font-weight" in own:
        look = replace(look, bold=own["font-weight"] in ("bold", "600", "700", "800", "900"))
    return look


def declarations(style: str) -> dict[str, str]:
    """Return the declarations of a style attribute; the last one of a property wins."""
    return {name.lower(): value for name, value in _DECLARATION.findall(style)}


def _dark_styles(tree: lxml_html.HtmlElement) -> Styles:
    found: Styles = {}
    for block in _DARK.findall("".join(style.text or "" for style in tree.iter("style"))):
        for selectors, body in _RULE.findall(block):
            for selector in selectors.split(","):
                for element in _matching(tree, selector.strip()):
                    found.setdefault(element, {}).update(declarations(body))
    return found


def _matching(tree: lxml_html.HtmlElement, selector: str) -> list[lxml_html.HtmlElement]:
    try:
        return list(CSSSelector(selector, translator="html")(tree))
    except SelectorError:
        return []


def _color(value: str) -> str:
    found = _HEX.search(value)
    if not found:
        return {"white": "#ffffff", "black": "#000000"}.get(value.lower(), "")
    digits = found[0][1:].lower()
    return "#" + ("".join(sign * 2 for sign in digits) if len(digits) == 3 else digits)


def _luminance(color: str) -> float:
    shares = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
