"""A group of readers, as editors write it: ``plan:paid and not language:fr``."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.errors import Invalid
from newsletter.expressions.parse import parse
from newsletter.expressions.tree import And, Clause, Node, Not, Or
from newsletter.expressions.write import write
from newsletter.readers.facet import Person, Values
from newsletter.readers.facets import FACETS

LONGEST = 300  # characters


def check_group(text: str) -> str:
    """Return a group in its one form; raises ``Invalid`` with the place and the nearest known word."""
    if len(text) > LONGEST:
        raise Invalid(f"The group has {len(text)} characters.", where="group", fix=f"Use at most {LONGEST}.")
    return write(parse(text, FACETS))


def belongs(group: str, person: Person) -> bool:
    """Return whether a reader is of a group."""
    return _passes(parse(group, FACETS), person)


def combination_sql(groups: Sequence[str]) -> tuple[str, Values]:
    """Return SQL for the groups a row of ``a`` is of, as a number with one bit a group, and its values.

    ``a`` needs the columns language, center, plan and tags. Without groups it is 0.
    """
    values: Values = {}
    parts = []
    for number, group in enumerate(groups):
        condition = _condition(parse(group, FACETS), f"g{number}", values)
        parts.append(f"CASE WHEN {condition} THEN {1 << number} ELSE 0 END")
    return f"({' + '.join(parts) or '0'})::bigint", values


def _condition(node: Node, place: str, values: Values) -> str:
    match node:
        case Clause():
            text, own = FACETS[node.facet].condition(node, f"{place}_{len(values)}")
            values.update(own)
            return text
        case Not(inner):
            return f"not ({_condition(inner, place, values)})"
        case And(nodes) | Or(nodes):
            word = " and " if isinstance(node, And) else " or "
            return word.join(f"({_condition(part, place, values)})" for part in nodes)


def _passes(node: Node, person: Person) -> bool:
    match node:
        case Clause():
            return FACETS[node.facet].passes(node, person)
        case Not(inner):
            return not _passes(inner, person)
        case And(nodes):
            return all(_passes(part, person) for part in nodes)
        case Or(nodes):
            return any(_passes(part, person) for part in nodes)
