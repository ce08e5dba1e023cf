"""The attributes of one tag: well written, known to the component, of the right kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from newsletter.rendering.validate.nearest import nearest
from newsletter.rendering.validate.scan import Attribute, Token
from newsletter.rendering.validate.table import ANYWHERE, COMPONENTS, EVERY_ATTRIBUTE, GAPS, Component
from newsletter.rendering.validate.text import reference_fault
from newsletter.rendering.validate.values import fault

Told = tuple[int, str, str, str]  # offset, message, fix, level
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def form_faults(token: Token) -> Iterator[Told]:
    """Say what XML does not take, whatever the tag is; a name given twice is left out once."""
    seen: set[str] = set()
    for one in token.attributes:
        if one.name in ("=", '"', "'", "/"):
            yield one.offset, f"A stray {one.name} stands in the tag.", 'Write attributes as name="value".', "E"
        elif one.value is None or not one.quoted:
            yield one.offset, f"{one.name} has no value in quotes.", f'Write a blank, then {one.name}="...".', "E"
        elif not NAME.fullmatch(one.name) or one.name.startswith("xmlns"):
            yield one.offset, f"{one.name[:40]} is no name of an attribute.", "Use letters, digits and -.", "E"
        elif "<" in one.value:
            yield one.offset, f"The value of {one.name} holds a <.", "Write &lt; for it.", "E"
        elif wrong := reference_fault(one.value):
            yield one.offset, f"{one.name}: {wrong}", "Write the sign itself.", "E"
        elif one.name in seen:
            yield one.offset, f"{one.name} is given twice; the first counts.", "Keep one of them.", "W"
        seen.add(one.name)


def value_faults(token: Token, component: Component) -> Iterator[Told]:
    """Say which attributes the component does not know and which values are of another kind."""
    anything = "any" in component.attributes
    for one in token.attributes:
        if one.value is None or not one.quoted:
            continue
        kind = component.attributes.get(one.name) or (EVERY_ATTRIBUTE.get(one.name) if anything else None)
        if kind is None:
            if one.name not in ANYWHERE:
                yield _unknown(one, token.name, component, anything)
        elif kind != "any" and (wanted := fault(kind, one.value.strip())):
            shown = one.value if len(one.value) <= 40 else one.value[:39] + "…"
            yield one.offset, f'<{token.name}> takes no {one.name}="{shown}".', f"Write {wanted}.", "W"
        elif {(token.name, one.name, ""), (token.name, one.name, one.value)} & GAPS:
            message = f'{one.name}="{one.value[:40]}" of <{token.name}> is not written by our compiler.'
            yield one.offset, message, "Do it another way.", "W"


def class_faults(token: Token, classes: Mapping[str, Mapping[str, str]]) -> Iterator[Told]:
    """Say which mj-class is not defined and where two of them set one attribute."""
    for one in token.attributes:
        if one.name != "mj-class" or not one.value:
            continue
        first: dict[str, str] = {}
        for name in one.value.split():
            if name not in classes:
                yield one.offset, f"There is no mj-class {name}.", nearest(name, classes, "Define it in mj-head."), "W"
            for attribute in classes.get(name, {}):
                if attribute != "css-class" and attribute in first and first[attribute] != name:
                    both = f"{first[attribute]} and {name} both set {attribute}"
                    yield one.offset, f"The classes {both}.", f"Let one mj-class set {attribute}.", "W"
                first[attribute] = name


def _unknown(one: Attribute, tag: str, component: Component, anything: bool) -> Told:
    if one.name in ("class", "id"):
        return one.offset, f"<{tag}> takes no {one.name}.", "Use css-class.", "W"
    homes = [name for name, other in COMPONENTS.items() if one.name in other.attributes][:3]
    if homes:
        fix = f"Leave it out; it belongs to {', '.join(homes)}."
    else:
        known = EVERY_ATTRIBUTE if anything else component.attributes
        fix = nearest(one.name, [*known, *ANYWHERE], "Leave it out.")
    return one.offset, f"<{tag}> has no attribute {one.name[:40]}.", fix, "W"
