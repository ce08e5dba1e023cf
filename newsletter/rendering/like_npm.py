"""What MRML does otherwise than npm mjml, written into the source so that both agree.

Each function takes the tree of a valid source and changes it in place. What cannot be mended this way is told in
docs/reference/mjml.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from lxml import etree

from newsletter.rendering.validate.table import COMPONENTS, LEFT_OUT, RAW_IS_LEFT_OUT

WITH_ALT = ("mj-image", "mj-social-element", "mj-carousel-image")
ACCORDION = (
    "border",
    "icon-align",
    "icon-width",
    "icon-height",
    "icon-position",
    "icon-wrapped-url",
    "icon-wrapped-alt",
    "icon-unwrapped-url",
    "icon-unwrapped-alt",
)
WITH_WIDTH = ("mj-wrapper", "mj-section", "mj-column", "mj-hero", "mj-image")
_WIDTH = re.compile(
    r"""(?P<before><img\b[^>]*? width="|<td style="width:)(?P<whole>[0-9]+)\.[0-9]+"""
    r"""(?P<after>"|px;">(?= *<(?:a|img)\b))"""
)
_SHARE = re.compile(r"(?<=width:)[0-9.]++(?=%)")
_LONG_SHARE = re.compile(r"([0-9]{1,2}\.[0-9]{6,40})%")
FINEST_SHARE = 100_000  # parts of a percent that MRML's 7 digits still tell apart
# a column that shares its group evenly; a width of its own has 5 decimals at most by now
_EVEN_SHARE = re.compile(r"""(<div class="[^"]*\bmj-column-per-[^"]*" style="[^"]*;width:[0-9]+)\.[0-9]{6,}(?=%)""")
_SHORT = re.compile(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])")


def like_npm(root: etree._Element) -> dict[str, str]:
    """Rewrite a whole document; returns the widths that were rounded, each with the one to write in the end."""
    _leave_out(root)
    defaults = _defaults(root)
    _spread_classes(root)
    for body in root.iter("mj-body"):  # MRML gives it none of the standing attributes
        _fill(body, defaults.get("mj-body", {}))
    for element in root.iter(*WITH_ALT):
        if not {"alt"} & (element.attrib.keys() | defaults.get(str(element.tag), {}).keys()):
            element.set("alt", "")
    for accordion in root.iter("mj-accordion"):
        _hand_down(accordion, defaults)
    for element in root.iter("mj-section", "mj-wrapper"):
        if element.get("full-width", "full-width") != "full-width":  # to MRML any value says yes
            del element.attrib["full-width"]
    for element in root.iter("mj-all", *WITH_WIDTH):
        _say_pixels(element)
    shares: dict[str, str] = {}
    for element in root.iter("mj-column", "mj-group"):
        _round_share(element, shares)
    for element in root.iter(etree.Element):
        _lengthen_colors(element)
    return shares


def _leave_out(root: etree._Element) -> None:
    for element in list(root.iter(*LEFT_OUT)):
        drop(element)
    for element in list(root.iter("mj-raw")):
        parent = element.getparent()
        if parent is not None and parent.tag in RAW_IS_LEFT_OUT:
            drop(element)


def _defaults(root: etree._Element) -> dict[str, dict[str, str]]:
    """Return what mj-attributes says, by component, with what it says for all; the last word counts."""
    said: dict[str, dict[str, str]] = {}
    for attributes in root.iter("mj-attributes"):
        for element in attributes:
            said.setdefault(str(element.tag), {}).update(_of(element))
    for_all = said.get("mj-all", {})
    return {name: {**for_all, **said.get(name, {})} for name in COMPONENTS}


def _spread_classes(root: etree._Element) -> None:
    """Write what each mj-class says on its elements: where several set one attribute, MRML lets the first win."""
    classes: dict[str, dict[str, str]] = {}
    for one in list(root.iter("mj-class")):
        said = _of(one)
        classes.setdefault(said.pop("name", ""), {}).update(said)
        drop(one)
    for element in root.iter(etree.Element):
        merged: dict[str, str] = {}
        for name in str(element.attrib.pop("mj-class", "")).split():
            said = classes.get(name, {})
            both = [one["css-class"] for one in (merged, said) if "css-class" in one]
            merged |= said
            if both:
                merged["css-class"] = " ".join(both)
        _fill(element, merged)


def _hand_down(accordion: etree._Element, defaults: dict[str, dict[str, str]]) -> None:
    """Give what an accordion says of its icons to its elements, which MRML forgets."""
    said = {**defaults.get("mj-accordion", {}), **_of(accordion)}
    for element in accordion.iter("mj-accordion-element"):
        _fill(element, defaults.get("mj-accordion-element", {}))
        _fill(element, {name: said[name] for name in ACCORDION if name in said})


def _lengthen_colors(element: etree._Element) -> None:
    """Write #abc as #aabbcc, which older Outlook wants too."""
    component = COMPONENTS.get(str(element.tag))
    for name, value in element.attrib.items() if component else ():
        if len(value) == 4 and (short := _SHORT.fullmatch(str(value))):
            element.set(name, f"#{short[1] * 2}{short[2] * 2}{short[3] * 2}")


def _say_pixels(element: etree._Element) -> None:
    """Write padding="0 25px" as "0px 25px": MRML takes no 25px off the width of an image otherwise."""
    padding = element.get("padding", "")
    if "0" in padding.split():
        element.set("padding", " ".join("0px" if part == "0" else part for part in padding.split()))


def _round_share(element: etree._Element, shares: dict[str, str]) -> None:
    """Write width="33.33333333333333%" with 5 decimals, on its side of a third.

    MRML counts with 7 digits, takes it for a third, and an image in it gets a pixel more than with npm mjml.
    """
    if found := _LONG_SHARE.fullmatch(element.get("width", "")):
        share = Fraction(found[1])
        whole = (share / 100).limit_denominator(12) * 100
        rounded = floor(share * FINEST_SHARE) if share < whole else ceil(share * FINEST_SHARE)
        short = f"{rounded / FINEST_SHARE:.5f}".rstrip("0").rstrip(".")  # as MRML writes it
        shares[short] = found[1]
        element.set("width", f"{short}%")


def finish(html: str, shares: Mapping[str, str]) -> str:
    """Return compiled HTML as npm mjml writes it; ``shares`` is what ``like_npm`` returned.

    Images have whole pixels, cut off; columns that share a group evenly have whole percents where the style sheet is
    not read; columns have all digits of their width; carousels show their arrows.
    """
    html = _EVEN_SHARE.sub(r"\1", _WIDTH.sub(r"\g<before>\g<whole>\g<after>", html))
    if shares:
        html = _SHARE.sub(lambda share: shares.get(share[0], share[0]), html)
    return html.replace("@media screen, yahoo", "@media screen yahoo")


def drop(element: etree._Element) -> None:
    """Take an element out of its parent."""
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _fill(element: etree._Element, said: dict[str, str]) -> None:
    for name, value in said.items():
        if name not in element.attrib:
            element.set(name, value)


def _of(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}
