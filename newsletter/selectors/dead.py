"""Selectors that can never choose anything: by logic, and by values no article has ever had.

A tree is taken apart into its alternatives (disjunctive normal form). It is dead when each of them asks for two things
that exclude each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, product
from typing import TypeVar

from django.db import connection

from newsletter.catalogue.durations import duration
from newsletter.expressions.tree import ANY, NONE, And, Clause, Node, Not, Or, clauses
from newsletter.expressions.write import write
from newsletter.selectors.dated import Dated, Span
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed

MOST_ALTERNATIVES = 512  # beyond them nothing is claimed
MOST_TOLD = 3
SINGLE = frozenset(("primary-center", "type", "blog", "source", "language"))  # an article has at most one
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
AGE = "age"


@dataclass(frozen=True, slots=True)
class Literal:
    """One clause of an alternative, and whether it has to be true or false."""

    clause: Clause
    wanted: bool

    @property
    def words(self) -> str:
        """The literal as it would be written."""
        return write(self.clause) if self.wanted else f"not {write(self.clause)}"


Alternative = tuple[Literal, ...]
Bounded = TypeVar("Bounded", bound=Sized)


def dead(tree: Node, *, at: datetime) -> str:
    """Return why ``tree`` can never be true from ``at`` on, in words for editors; "" when it can or nobody can tell."""
    return _told([_clash(alternative, at) for alternative in alternatives(tree)])


def starved(tree: Node, *, at: datetime, unseen: Collection[str]) -> str:
    """Return which values keep ``tree`` from ever having been true; ``unseen`` are keys that no article has."""
    return _told([_clash(alternative, at) or _missing(alternative, unseen) for alternative in alternatives(tree)])


def unseen_keys(trees: Iterable[Node]) -> frozenset[str]:
    """Return the keys the selectors ask for that no article has: one query, whatever their number."""
    wanted = sorted({key for tree in trees for clause in clauses(tree) if (key := _key(clause))})
    with connection.cursor() as cursor:
        cursor.execute(
            "select wanted from unnest(%s::text[]) as wanted"
            " where not exists (select 1 from newsletter_article where facet_keys @> array[wanted])",
            [wanted],
        )
        return frozenset(key for (key,) in cursor.fetchall())


def alternatives(tree: Node) -> list[Alternative]:
    """Return the conjunctions whose disjunction ``tree`` is; [] when there are too many of them."""
    try:
        return _apart(tree, wanted=True)
    except OverflowError:
        return []


def _apart(node: Node, *, wanted: bool) -> list[Alternative]:
    match node:
        case Clause():
            return [(Literal(node, wanted),)]
        case Not(inner):
            return _apart(inner, wanted=not wanted)
        case And(nodes) | Or(nodes):
            parts = [_apart(part, wanted=wanted) for part in nodes]
            return (
                _each_with_each(parts)
                if isinstance(node, And) == wanted
                else _bounded(list(chain.from_iterable(parts)))
            )


def _each_with_each(parts: Sequence[list[Alternative]]) -> list[Alternative]:
    found: list[Alternative] = [()]
    for part in parts:
        _bounded(range(len(found) * len(part)))
        found = [before + more for before, more in product(found, part)]
    return found


def _bounded(found: Bounded) -> Bounded:
    if len(found) > MOST_ALTERNATIVES:
        raise OverflowError
    return found


def _told(reasons: list[str]) -> str:
    """Return the reasons in words when every alternative has one."""
    if not reasons or not all(reasons):
        return ""
    each = list(dict.fromkeys(reasons))
    more = f" (and {len(each) - MOST_TOLD} more)" if len(each) > MOST_TOLD else ""
    return "; ".join(each[:MOST_TOLD]) + more


def _clash(alternative: Alternative, at: datetime) -> str:
    """Return which two literals exclude each other, "" when none do."""
    for facet in dict.fromkeys(literal.clause.facet for literal in alternative):
        if isinstance(FACETS[facet], Keyed) and (
            words := _keyed_clash([x for x in alternative if x.clause.facet == facet])
        ):
            return words
    return _dated_clash([x for x in alternative if isinstance(FACETS[x.clause.facet], Dated)], at)


def _keyed_clash(literals: list[Literal]) -> str:
    wanted = {_key(x.clause): x for x in literals if x.wanted and not x.clause.special}
    refused = {_key(x.clause): x for x in literals if not x.wanted and not x.clause.special}
    empty = next((x for x in literals if _asks_for(x) == NONE), None)
    filled = next((x for x in literals if _asks_for(x) == ANY), None) or next(iter(wanted.values()), None)
    if both := next((key for key in wanted if key in refused), ""):
        return _exclude(wanted[both], refused[both])
    if empty and filled:
        return _exclude(filled, empty)
    if len(wanted) > 1 and literals[0].clause.facet in SINGLE:
        one, other = list(wanted.values())[:2]
        return f"an article has one {literals[0].clause.facet}: {_exclude(one, other)}"
    return ""


def _asks_for(literal: Literal) -> str:
    """Return none or any when the literal asks whether there is a value at all, else ""."""
    special = literal.clause.special
    if literal.wanted or not special:
        return special
    return ANY if special == NONE else NONE


def _dated_clash(literals: list[Literal], at: datetime) -> str:
    """Return what excludes each other among questions about the publication date.

    An unknown date satisfies no comparison, and so every refused one.
    """
    unknown = next((x for x in literals if _asks_for(x) == NONE), None)
    known = next((x for x in literals if _asks_for(x) == ANY or (x.wanted and not x.clause.special)), None)
    if unknown and known:
        return _exclude(known, unknown)
    if not known:
        return ""
    asked = [x for x in literals if not x.clause.special]
    return _age_clash([x for x in asked if x.clause.facet == AGE]) or _day_clash(asked, at)


def _age_clash(literals: list[Literal]) -> str:
    """Return two limits of the age between which nothing lies, whatever the day."""
    bounds = [(_positive(x), x) for x in literals]
    least = [(duration(c.value), c.operator == ">", x) for c, x in bounds if c.operator in (">", ">=")]
    most = [(duration(c.value), c.operator == "<", x) for c, x in bounds if c.operator in ("<", "<=")]
    for (low, beyond, one), (high, below, other) in product(least, most):
        if low > high or (low == high and (beyond or below)):
            return _exclude(other, one)
    return ""


def _day_clash(literals: list[Literal], at: datetime) -> str:
    """Return two limits of the day between which no day lies, now or later: "older than" lets later days in."""
    refused = {x.clause.value: x for x in literals if x.clause.operator == ":" and not x.wanted}
    kept = [x for x in literals if x.wanted or x.clause.operator != ":"]
    spans = [(_span(_positive(x), at), x) for x in kept if not (x.clause.facet == AGE and _span(_positive(x), at).last)]
    for (one, first), (other, last) in product(spans, spans):
        if one.first and other.last and one.first > other.last and not (first.clause.facet == last.clause.facet == AGE):
            return _exclude(first, last)
        if one.first and one.first == other.last and (no := refused.get(one.first.isoformat())):
            return _exclude(first, no)
    return ""


def _positive(literal: Literal) -> Clause:
    """Return the comparison a refused one stands for where the date is known."""
    clause = literal.clause
    return clause if literal.wanted else replace(clause, operator=OPPOSITE.get(clause.operator, clause.operator))


def _span(clause: Clause, at: datetime) -> Span:
    facet = FACETS[clause.facet]
    return facet.span(clause, at) if isinstance(facet, Dated) else Span(None, None)


def _missing(alternative: Alternative, unseen: Collection[str]) -> str:
    lacking = next((x for x in alternative if x.wanted and _key(x.clause) in unseen), None)
    return f"no article has ever had {lacking.words}" if lacking else ""


def _key(clause: Clause) -> str:
    """Return the key a clause looks for, "" for a facet without keys and for none and any."""
    facet = FACETS[clause.facet]
    return facet.key(clause) if isinstance(facet, Keyed) and not clause.special else ""


def _exclude(one: Literal, other: Literal) -> str:
    return f"{one.words} and {other.words} exclude each other"
