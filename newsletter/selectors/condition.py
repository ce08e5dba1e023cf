"""A tree as one SQL condition over ``newsletter_article``, and what its shape promises the planner."""

from __future__ import annotations

from datetime import datetime

from newsletter.expressions.tree import ANY, And, Clause, Node, Not, Or
from newsletter.selectors.dated import Dated, Span
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed
from newsletter.selectors.sql import Sql, has_all, has_one, joined, negated


def condition(node: Node, at: datetime) -> Sql:
    """Return the condition of ``node``; ages are measured against ``at``.

    Keys joined by ``and`` become one ``@>``, keys joined by ``or`` one ``&&``, refused keys one negated ``&&``: the
    index is read once for each instead of once a clause (measured, docs/reference/selectors.md).
    """
    match node:
        case Clause():
            return FACETS[node.facet].condition(node, at)
        case Not(inner):
            return negated(condition(inner, at))
        case And(nodes):
            return _all_of(nodes, at)
        case Or(nodes):
            return _one_of(nodes, at)


def span_of(node: Node, at: datetime) -> Span:
    """Return days outside of which ``node`` is never true; a span with an edge leaves unknown dates out."""
    if isinstance(node, And):
        spans = [span_of(part, at) for part in node.nodes]
        first = max((span.first for span in spans if span.first), default=None)
        last = min((span.last for span in spans if span.last), default=None)
        return Span(first, last)
    facet = FACETS[node.facet] if isinstance(node, Clause) else None
    return facet.span(node, at) if isinstance(node, Clause) and isinstance(facet, Dated) else Span(None, None)


def is_anchored(node: Node, *, wanted: bool = True) -> bool:
    """Return whether whatever ``node`` chooses must have a key of the index; purely negative selectors do not."""
    match node:
        case Clause():
            sought = node.special != ANY if wanted else node.special == ANY  # "not any" is a look-up of "none"
            return isinstance(FACETS[node.facet], Keyed) and sought
        case Not(inner):
            return is_anchored(inner, wanted=not wanted)
        case And(nodes) | Or(nodes):
            parts = [is_anchored(part, wanted=wanted) for part in nodes]
            return any(parts) if isinstance(node, And) == wanted else all(parts)


def _all_of(nodes: tuple[Node, ...], at: datetime) -> Sql:
    wanted = [found for part in nodes if (found := _key(part))]
    refused = [found for part in nodes if isinstance(part, Not) and (found := _key(part.node))]
    rest = [part for part in nodes if not _key(part) and not (isinstance(part, Not) and _key(part.node))]
    parts = [has_all(wanted)] if wanted else []
    parts += [negated(has_one(refused))] if refused else []
    return joined("and", [*parts, *(condition(part, at) for part in rest)])


def _one_of(nodes: tuple[Node, ...], at: datetime) -> Sql:
    wanted = [found for part in nodes if (found := _key(part))]
    rest = [part for part in nodes if not _key(part)]
    parts = [has_one(wanted)] if wanted else []
    return joined("or", [*parts, *(condition(part, at) for part in rest)])


def _key(node: Node) -> str:
    """Return the key a node looks for when it is a plain look-up, else ""."""
    if not isinstance(node, Clause) or node.special == ANY:
        return ""
    facet = FACETS[node.facet]
    return facet.key(node) if isinstance(facet, Keyed) else ""
