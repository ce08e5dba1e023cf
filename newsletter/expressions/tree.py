"""The tree of an expression: plain values, the same for SQL and for explanations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

NONE, ANY = "none", "any"


@dataclass(frozen=True, slots=True)
class Clause:
    """One question to one facet: ``region:"Middle East"``, ``age < 7d``, ``program:none``.

    ``special`` is "none" or "any" for the unquoted words of that name, else "". ``start`` and ``end`` are offsets
    into the text and take no part in comparisons.
    """

    facet: str
    operator: str  # ":", "<", "<=", ">", ">="
    value: str
    special: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """True where the inner node is false."""

    node: Node


@dataclass(frozen=True, slots=True)
class And:
    """True where all nodes are."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of the nodes is."""

    nodes: tuple[Node, ...]


Node = Clause | Not | And | Or


def clauses(node: Node) -> Iterator[Clause]:
    """Yield every clause, in the order of the text."""
    match node:
        case Clause():
            yield node
        case Not(inner):
            yield from clauses(inner)
        case And(nodes) | Or(nodes):
            for part in nodes:
                yield from clauses(part)
