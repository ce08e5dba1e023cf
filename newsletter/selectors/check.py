"""Is this a selector? And does it ask for values nobody has ever seen?"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.db import connection

from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.expressions.parse import parse
from newsletter.expressions.tree import Node, clauses
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something odd that is not wrong: the place in the text and what to think about."""

    start: int
    end: int
    words: str


def check_selector(text: str) -> Node:
    """Return the tree of a selector; raises ``Invalid`` with the place and the nearest known word."""
    return parse(text, FACETS)


def warnings(node: Node) -> tuple[Oddity, ...]:
    """Return a warning for every value that no article has, with the nearest one that some have."""
    found = []
    for clause in clauses(node):
        facet = FACETS[clause.facet]
        if clause.special or not isinstance(facet, Keyed):
            continue
        if not Article.objects.filter(facet_keys__contains=[facet.key(clause)]).exists():
            near = _nearest(clause.facet, clause.value)
            hint = f" - did you mean {near}?" if near else ""
            found.append(Oddity(clause.start, clause.end, f"No article has {clause.facet}:{clause.value}{hint}"))
    return tuple(found)


def _nearest(facet: str, value: str) -> str:
    """Return the known value closest to ``value``, "" when none is close."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct k from (select unnest(facet_keys) as k from newsletter_article"
            " order by id desc limit 200000) as keys where k like %s limit 5000",
            [facet + "=%"],
        )
        known = [row[0].partition("=")[2] for row in cursor.fetchall()]
    return next(iter(difflib.get_close_matches(fold(value), [name for name in known if name], 1)), "")
