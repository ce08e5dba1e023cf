"""What MJML knows: components, their attributes, who stands inside whom. Read from a table made from npm mjml."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ANYWHERE = ("mj-class", "css-class")  # attributes of every component


@dataclass(frozen=True, slots=True)
class Component:
    """One component: the kind of each attribute's value, where it may stand, and whether it holds HTML."""

    attributes: dict[str, str]
    children: frozenset[str]
    parents: tuple[str, ...]
    holds_html: bool


def _components(found: dict[str, dict[str, object]]) -> dict[str, Component]:
    children = {name: frozenset(map(str, one["children"])) for name, one in found.items()}  # type: ignore[call-overload]
    return {
        name: Component(
            attributes=dict(one["attributes"]),  # type: ignore[call-overload]
            children=children[name],
            parents=tuple(sorted(parent for parent, inside in children.items() if name in inside)),
            holds_html=bool(one["holds_html"]),
        )
        for name, one in found.items()
    }


_TABLE = json.loads((Path(__file__).parents[1] / "mjml_table.json").read_text(encoding="utf-8"))
VERSION: str = _TABLE["version"]
COLORS = frozenset(_TABLE["colors"])
COMPONENTS = _components(_TABLE["components"])
HEAD_ONLY = frozenset(COMPONENTS["mj-head"].children - {"mj-raw"})
EVERY_ATTRIBUTE = {name: kind for one in COMPONENTS.values() for name, kind in one.attributes.items() if name != "any"}
# What MRML, our compiler, knows less well than npm mjml
RAW_IS_LEFT_OUT = frozenset(["mjml", "mj-accordion", "mj-accordion-element", "mj-navbar", "mj-social"])
TEXT_ONLY = frozenset(["mj-title", "mj-preview", "mj-style", "mj-html-attribute", "mj-accordion-title"])
EMPTY = frozenset(["mj-breakpoint", "mj-carousel-image"])
LEFT_OUT = {
    "mj-font": "Nothing is fetched while mail is read: name fonts that readers have.",
    "mj-html-attributes": "Write the attributes where they belong.",
}
# (component, attribute, value; "" = any) that come out otherwise than with npm mjml, see docs/reference/mjml.md
GAPS = frozenset(
    [
        ("mj-accordion-title", "font-weight", ""),
        ("mj-hero", "border-radius", ""),
        ("mj-hero", "mode", "fluid-height"),
        ("mj-image", "border-bottom", ""),
        ("mj-image", "border-left", ""),
        ("mj-image", "border-right", ""),
        ("mj-image", "border-top", ""),
        ("mj-image", "sizes", ""),
        ("mj-social-element", "icon-position", "right"),
        ("mj-social-element", "sizes", ""),
        ("mj-social-element", "srcset", ""),
        ("mj-table", "cellspacing", ""),
        ("mj-table", "role", ""),
        ("mj-wrapper", "gap", ""),
    ]
)
