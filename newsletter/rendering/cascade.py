"""How every text looks once mail clients have applied the styles, in light and in dark.

The cascade as far as mail needs it: rules of <style> by weight and order, those inside @media (prefers-color-scheme:
dark) in dark only, style attributes above them, !important above all, inheritance, and the attributes bgcolor and
<font color>. Rules for a width or another medium are left out: the look is that of a wide window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from cssselect import SelectorError
from cssutils.css.colors import COLORS
from lxml import etree
from lxml import html as lxml_html
from lxml.cssselect import CSSSelector

from newsletter.rendering.css import Declaration, declarations, read_css

_HEX = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{4}|[0-9a-f]{3})", re.IGNORECASE)
_RGB = re.compile(
    r"rgba?\(\s*([\d.]+)\s*[, ]\s*([\d.]+)\s*[, ]\s*([\d.]+)\s*(?:[,/]\s*([\d.]+%?)\s*)?\)", re.IGNORECASE
)
_WORD = re.compile(r"#[0-9a-fA-F]+|rgba?\([^)]*\)|[A-Za-z]+")
_LENGTH = re.compile(r"([\d.]+)(px|em|rem|%|pt|)")
_LARGE_PX, _LARGE_BOLD_PX = 24.0, 18.66  # WCAG 2.2, 1.4.3: 18 pt, or 14 pt bold
_BOLD = frozenset(["bold", "bolder", "600", "700", "800", "900"])
_HEADINGS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h4": 1.0, "h5": 0.83, "h6": 0.67}  # HTML, 15.3.7, in em
_MISSED = re.compile(r"\b(?:max|min)-(?:device-)?width|\bprint\b|\bspeech\b", re.IGNORECASE)
Styles = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """How a run of text looks: colors as #rrggbb, "" when unknown; sizes in pixels; leading is the line's height."""

    color: str = "#000000"
    ground: str = "#ffffff"
    size: float = 16.0
    bold: bool = False
    underlined: bool = False
    framed: bool = False  # a border or a ground of its own
    factor: float = 1.2  # of the line's height; 0 where it is given in pixels
    pixels: float = 0.0
    hidden: bool = False
    own: Styles = field(default_factory=dict)

    @property
    def large(self) -> bool:
        """Whether WCAG counts it as large text."""
        return self.size >= _LARGE_PX or (self.bold and self.size >= _LARGE_BOLD_PX)

    @property
    def leading(self) -> float:
        """The height of a line."""
        return self.pixels or self.factor * self.size


Looks = dict[lxml_html.HtmlElement, Look]


def looks(tree: lxml_html.HtmlElement, *, dark: bool) -> Looks:
    """Return the look of every element below <body>."""
    body, found = tree.find("body"), Looks()
    if body is not None:
        sheet = _sheet(tree, dark=dark)
        _spread(body, _own_look(body, Look(), sheet), sheet, found)
    return found


def texts(found: Looks) -> Iterator[tuple[str, Look, lxml_html.HtmlElement]]:
    """Yield every run of visible text with its look and the element it stands in, in order."""
    for element, look in found.items():
        if look.hidden:
            continue
        if (element.text or "").strip():
            yield str(element.text).strip(), look, element
        for child in element:
            if (child.tail or "").strip():
                yield str(child.tail).strip(), look, element


def contrast(color: str, ground: str) -> float:
    """Return the contrast of two colors, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(color), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _spread(
    element: lxml_html.HtmlElement, look: Look, sheet: dict[lxml_html.HtmlElement, dict[str, str]], found: Looks
) -> None:
    found[element] = look
    for child in element:
        if isinstance(child.tag, str) and child.tag not in ("style", "script", "title"):
            _spread(child, _own_look(child, look, sheet), sheet, found)


def _own_look(element: lxml_html.HtmlElement, above: Look, sheet: dict[lxml_html.HtmlElement, dict[str, str]]) -> Look:
    own = sheet.get(element) or _NOTHING
    tag = str(element.tag)
    if not own and not element.attrib and tag not in _TELLING:
        return above if not above.own and not above.framed else replace(above, own=_NOTHING, framed=False)
    size = _size(own.get("font-size", ""), above.size)
    if size is None:
        size = above.size * _HEADINGS[tag] if tag in _HEADINGS else above.size
    color, ground = _colors(element, own, above)
    factor, pixels = _leading(own.get("line-height", ""), size, above)
    line = own.get("text-decoration", own.get("text-decoration-line", "underline" if tag in ("a", "u") else ""))
    if tag == "a" and "color" not in own:
        color = "#0000ee"  # what browsers give links
    weight = own.get("font-weight", "bold" if tag in _STRONG else "")
    hidden = own.get("display") == "none" or own.get("visibility") == "hidden" or own.get("mso-hide") == "all"
    borders = any("border" in name and name.split("-")[-1] not in _NO_FRAME for name in own)
    return Look(
        color=color,
        ground=ground,
        size=size,
        bold=weight in _BOLD if weight else above.bold,
        underlined="underline" in line if line else above.underlined,
        framed=(borders and not _is_none(own)) or (ground != above.ground),
        factor=factor,
        pixels=pixels,
        hidden=above.hidden or hidden,
        own=own,
    )


_NOTHING: Styles = {}
_STRONG = frozenset(["b", "strong", "th", *_HEADINGS])
_TELLING = _STRONG | {"a", "u"}
_NO_FRAME = frozenset(["collapse", "spacing", "radius", "color"])


def _is_none(own: Styles) -> bool:
    return all(
        value.split()[0] in ("0", "none", "0px")
        for name, value in own.items()
        if name.startswith("border") and name.split("-")[-1] not in _NO_FRAME and value.split()
    )


def _size(value: str, above: float) -> float | None:
    found = _LENGTH.fullmatch(value)
    if found is None or not (found[2] or found[1] == "0"):
        return None
    return float(found[1]) * {"em": above, "%": above / 100, "rem": 16.0, "pt": 4 / 3}.get(found[2], 1.0)


def _leading(value: str, size: float, above: Look) -> tuple[float, float]:
    """Return (factor, pixels) of the line's height; a bare number is inherited as a factor, a length as pixels."""
    found = _LENGTH.fullmatch(value)
    if value == "normal":
        return 1.2, 0.0
    if found is None:
        return above.factor, above.pixels
    number = float(found[1])
    if not found[2]:
        return number, 0.0
    return 0.0, number * {"em": size, "%": size / 100, "rem": 16.0, "pt": 4 / 3}.get(found[2], 1.0)


def _colors(element: lxml_html.HtmlElement, own: Styles, above: Look) -> tuple[str, str]:
    ground = above.ground
    if told := own.get("background-color") or own.get("background") or element.get("bgcolor"):
        ground = _ground(str(told), above.ground)
    told = own.get("color") or (element.get("color") if element.tag == "font" else None)
    return (color_of(str(told), above=above.color, ground=ground) if told else above.color), ground


def _ground(value: str, above: str) -> str:
    """Return the color behind a text: the first color in ``background``; a picture without one is unknown."""
    for word in _WORD.findall(value):
        if word.lower() in ("transparent", "none", "initial", "unset"):
            return above
        if word[0] == "#" or word.lower() in COLORS or word.lower().startswith("rgb"):
            return color_of(word, above=above, ground=above)
    return "" if "url" in value or "gradient" in value else above


@lru_cache(maxsize=1024)
def color_of(value: str, *, above: str, ground: str) -> str:
    """Return a CSS color as #rrggbb, laid over ``ground`` where it is translucent; "" when it cannot be read."""
    value = value.strip().lower()
    if value in ("inherit", "currentcolor"):
        return above
    if found := _HEX.fullmatch(value):
        digits = found[1] if len(found[1]) > 4 else "".join(sign * 2 for sign in found[1])
        return _over([int(digits[at : at + 2], 16) for at in (0, 2, 4)], int(digits[6:] or "ff", 16) / 255, ground)
    if rgb := _RGB.fullmatch(value):
        alpha = float(rgb[4].rstrip("%")) / (100 if rgb[4].endswith("%") else 1) if rgb[4] else 1.0
        return _over([min(255, int(float(rgb[at]))) for at in (1, 2, 3)], alpha, ground)
    if value in COLORS:
        red, green, blue, alpha = COLORS[value]
        return _over([red, green, blue], alpha, ground)
    return ""


def _over(color: list[int], alpha: float, ground: str) -> str:
    if alpha >= 1:
        return "#{:02x}{:02x}{:02x}".format(*color)
    if not ground:
        return ""
    behind = [int(ground[at : at + 2], 16) for at in (1, 3, 5)]
    return "#{:02x}{:02x}{:02x}".format(
        *(round(own * alpha + under * (1 - alpha)) for own, under in zip(color, behind, strict=True))
    )


def _sheet(tree: lxml_html.HtmlElement, *, dark: bool) -> dict[lxml_html.HtmlElement, dict[str, str]]:
    """Return what the cascade gives every element, the strongest declaration of each property."""
    weighed: dict[lxml_html.HtmlElement, dict[str, tuple[tuple[bool, tuple[int, ...], int], str]]] = {}
    order = 0
    for style in tree.iter("style"):
        if _is_missed((f"@media {style.get('media', '')}",), dark=dark):
            continue
        for rule in read_css(style.text or "").rules:
            if _is_missed(rule.inside, dark=dark):
                continue
            for selector in rule.selector.split(","):
                order += 1
                weight, elements = _matching(tree, selector.strip())
                for element in elements:
                    _lay(weighed.setdefault(element, {}), rule.declarations, weight, order)
    for element in tree.iter(etree.Element):
        if style_attribute := element.get("style"):
            _lay(weighed.setdefault(element, {}), declarations(style_attribute)[0], (1, 0, 0, 0), order + 1)
    return {element: {name: value for name, (_, value) in own.items()} for element, own in weighed.items()}


def _lay(
    own: dict[str, tuple[tuple[bool, tuple[int, ...], int], str]],
    declared: tuple[Declaration, ...],
    weight: tuple[int, ...],
    order: int,
) -> None:
    for one in declared:
        rank = (one.important, weight, order)
        names = (one.name, "background-color") if one.name == "background" else (one.name,)
        for name in names:
            if name not in own or rank >= own[name][0]:
                own[name] = (rank, one.value)


def _is_missed(inside: tuple[str, ...], *, dark: bool) -> bool:
    """Whether a wide window in this mode does not apply what stands inside these @-rules."""
    for name in inside:
        if "prefers-color-scheme" in name:
            if ("dark" in name) != dark:
                return True
        elif not name.startswith("@media") or _MISSED.search(name):
            return True
    return False


def _matching(tree: lxml_html.HtmlElement, selector: str) -> tuple[tuple[int, ...], list[lxml_html.HtmlElement]]:
    found = _selector(selector)
    return (found[0], list(found[1](tree))) if found else ((0, 0, 0, 0), [])


@lru_cache(maxsize=1024)
def _selector(selector: str) -> tuple[tuple[int, ...], CSSSelector] | None:
    """Return weight and matcher of a selector; None for one that no element of a mail meets (:hover, [data-ogsc])."""
    try:
        compiled = CSSSelector(selector, translator="html")
    except (SelectorError, AttributeError):
        return None
    ids, classes = selector.count("#"), len(re.findall(r"\.|\[|(?<!:):(?!:)", selector))
    return (0, ids, classes, len(re.findall(r"(?:^|[\s>+~])[a-zA-Z]", selector))), compiled


def _luminance(color: str) -> float:
    shares = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
