"""Every component, every attribute and every pair of parent and child of the table is judged as the table says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from newsletter.rendering.validate import Problem, validate
from newsletter.rendering.validate.table import COMPONENTS, EVERY_ATTRIBUTE, GAPS

NAMES = sorted(COMPONENTS)
DEFAULTS = ("mj-attributes", "mj-class")
WRONG = {"integer": "many", "boolean": "yes", "color": "reddish", "unit": "10parsecs", "unitWithNegative": "1mile"}
RIGHT = {"integer": "3", "boolean": "true", "color": "#112233", "unit": "10px", "unitWithNegative": "-1px"}
NO_PLACE = re.compile(r"cannot stand in|stands inside|holds (?:nothing|text only|defaults)|There are two")


def way(name: str) -> list[str]:
    """Return the components from <mjml> down to ``name``."""
    found = [name]
    while found[0] != "mjml":
        parents = [one for one in COMPONENTS[found[0]].parents if one not in DEFAULTS and one not in found]
        found.insert(0, parents[0] if parents else "mj-attributes")
    return found


def document(name: str, inner: str = "", attributes: str = "") -> tuple[str, int]:
    """Return a document with one ``name`` and where its tag begins."""
    above = way(name)[:-1]
    before = "".join(f"<{one}>" for one in above)
    after = "".join(f"</{one}>" for one in reversed(above))
    source = f"{before}\n<{name}{attributes}>{inner}</{name}>{after}"
    if "mj-body" not in source:
        source = source.replace("</mjml>", "<mj-body></mj-body></mjml>")
    return source, source.index(f"<{name}{attributes}>")


def at(source: str, offset: int) -> tuple[int, int]:
    return source.count("\n", 0, offset) + 1, offset - (source.rfind("\n", 0, offset) + 1) + 1


def problems(source: str, place: int) -> list[Problem]:
    return [one for one in validate(source) if (one.line, one.column) == at(source, place)]


def attributes() -> Iterator[tuple[str, str, str]]:
    for name in NAMES:
        own = COMPONENTS[name].attributes
        known = EVERY_ATTRIBUTE if "any" in own else own
        yield from ((name, attribute, kind) for attribute, kind in sorted(known.items()) if attribute != "any")


def word(kind: str) -> str:
    return kind.partition("(")[0].partition("{")[0]


def right(kind: str) -> str:
    if word(kind) == "enum":
        return next(choice for choice in kind[5:-1].split(",") if choice)
    return RIGHT.get(word(kind), "x")


@pytest.mark.parametrize("name", NAMES)
def test_every_attribute_takes_a_value_of_its_kind(name: str) -> None:
    told = {}
    for attribute, kind in [(one, kind) for owner, one, kind in attributes() if owner == name]:
        value = right(kind)
        source, place = document(name, attributes=f' {attribute}="{value}"')
        if not {(name, attribute, ""), (name, attribute, value)} & GAPS:
            told[attribute] = [one.message for one in problems(source, place + len(name) + 2)]
    assert {attribute: messages for attribute, messages in told.items() if messages} == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_attribute_refuses_a_value_of_another_kind_at_its_place_and_says_what_to_write(name: str) -> None:
    missed = []
    for attribute, kind in [(one, kind) for owner, one, kind in attributes() if owner == name]:
        wrong = "nonsense" if word(kind) == "enum" else WRONG.get(word(kind))
        if wrong is None:
            continue  # any text will do
        source, place = document(name, attributes=f' {attribute}="{wrong}"')
        found = problems(source, place + len(name) + 2)
        if [(one.tag, one.level) for one in found] != [(name, "W")] or not found[0].fix.startswith("Write "):
            missed.append(attribute)
    assert missed == []


@pytest.mark.parametrize("name", NAMES)
def test_an_attribute_that_no_component_has_is_told_at_its_place(name: str) -> None:
    source, place = document(name, attributes=' nonesuch="x"')
    [found] = problems(source, place + len(name) + 2)
    assert (found.tag, found.level, "nonesuch" in found.message) == (name, "W", True)


def test_a_style_holds_no_component() -> None:
    source, _ = document("mj-style", "<mj-text></mj-text>")
    assert [one.message for one in validate(source)] == ["The style holds markup."]


@pytest.mark.parametrize("parent", [name for name in NAMES if name != "mj-style"])
def test_a_component_stands_in_its_parents_only(parent: str) -> None:
    judged = {}
    for child in NAMES:
        source, place = document(parent, f"\n<{child}></{child}>")
        inner = source.index(f"<{child}>", place + 1)
        judged[child] = not any(NO_PLACE.search(one.message) for one in problems(source, inner))
    known = COMPONENTS[parent].children
    everywhere = {child for child in NAMES if child not in ("mjml", "mj-head", *COMPONENTS["mj-head"].children)}
    allowed = everywhere | {"mj-class", "mj-all", "mj-raw"} if parent == "mj-attributes" else set(known) - {"*"}
    if parent == "mj-class":
        allowed = set()
    assert {child for child, fits in judged.items() if fits} == allowed
