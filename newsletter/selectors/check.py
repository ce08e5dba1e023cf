"""Is this a selector? And does it ask for values nobody has ever seen?"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.db import connection

from newsletter.articles.facet_keys import key, values_of
from newsletter.articles.models import Article
from newsletter.expressions.parse import parse
from newsletter.expressions.tree import Node, clauses
from newsletter.expressions.write import quoted, write
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed

MOST_SEARCHED = 2_000  # of the newest articles, for a value that looks like an unknown one


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
            hint = f" - did you mean {quoted(near)}?" if near else ""
            found.append(Oddity(clause.start, clause.end, f"No article has {write(clause)}{hint}"))
    return tuple(found)


def _nearest(facet: str, value: str) -> str:
    """Return the known value closest to ``value`` as people write it, "" when none is close."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct k from (select unnest(facet_keys) as k from (select facet_keys from newsletter_article"
            " order by id desc limit %s) as newest) as keys where starts_with(k, %s)",
            [MOST_SEARCHED, facet + "="],
        )
        known = [found for (found,) in cursor.fetchall() if found != facet + "="]
    near = difflib.get_close_matches(key(facet, value), known, 1, 0.75)
    article = Article.objects.filter(facet_keys__contains=near).order_by("-pk").first() if near else None
    return next((name for name in values_of(article, facet) if key(facet, name) == near[0]), "") if article else ""
