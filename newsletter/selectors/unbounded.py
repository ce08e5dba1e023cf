"""Selectors that only refuse: over all years they choose nearly everything, and no index helps to find it."""

from __future__ import annotations

from newsletter.expressions.tree import NONE, And, Clause, Node, Not, Or
from newsletter.selectors.dated import Dated
from newsletter.selectors.facets import FACETS


def unbounded(node: Node, *, wanted: bool = True) -> Clause | None:
    """Return a refused clause that by itself lets articles of all years in, None when every way in is bounded.

    A way in is bounded by a value that must be there, by ``none`` or ``any``, and by a day before which nothing is
    chosen.
    """
    match node:
        case Clause():
            return node if not wanted and not node.special else None
        case Not(inner):
            return unbounded(inner, wanted=not wanted)
        case And(nodes) | Or(nodes):
            found = [unbounded(part, wanted=wanted) for part in nodes]
            if isinstance(node, And) != wanted:
                return next(filter(None, found), None)
            if any(_bounds(part, wanted=wanted) for part in nodes):
                return None
            return next(filter(None, found), None)


def _bounds(node: Node, *, wanted: bool) -> bool:
    match node:
        case Clause():
            return _clause_bounds(node, wanted=wanted)
        case Not(inner):
            return _bounds(inner, wanted=not wanted)
        case And(nodes) | Or(nodes):
            parts = [_bounds(part, wanted=wanted) for part in nodes]
            return any(parts) if isinstance(node, And) == wanted else all(parts)


def _clause_bounds(clause: Clause, *, wanted: bool) -> bool:
    facet = FACETS[clause.facet]
    if not isinstance(facet, Dated):
        return wanted or bool(clause.special)
    if clause.special:
        return (clause.special == NONE) == wanted
    return wanted and clause.operator in facet.recent
