"""Is this a selector? And does it ask for values nobody has ever seen?"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.db import connection

from newsletter.articles.facet_keys import key, values_of
from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.expressions.parse import parse, wrong_at
from newsletter.expressions.tree import Clause, Node, clauses
from newsletter.expressions.write import quoted, write
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed
from newsletter.selectors.unbounded import unbounded

MOST_SEARCHED = 2_000  # of the newest articles, for a value that looks like an unknown one
BOUND = "Say what it is to choose, for example newsletter:ctw or region:any, or how old it may be: age < 30d."


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something odd that is not wrong: the place in the text and what to think about."""

    start: int
    end: int
    words: str


def check_selector(text: str) -> Node:
    """Return the tree of a selector; raises ``Invalid`` with the place and the nearest known word."""
    return parse(text, FACETS)


def check_section(text: str) -> Node:
    """Return the tree of a selector that is to be kept in a section.

    Raises ``Invalid`` as ``check_selector`` does, and for one that only refuses, without a window of time.
    """
    tree = check_selector(text)
    if clause := unbounded(tree):
        raise wrong_at(text, clause.start, f"{_refused(clause)} alone lets nearly all articles of all years in", BOUND)
    return tree


def warnings(node: Node) -> tuple[Oddity, ...]:
    """Return a warning for every value that no article has, with the nearest one that some have, and for no bound."""
    found = []
    for clause in clauses(node):
        facet = FACETS[clause.facet]
        if clause.special or not isinstance(facet, Keyed):
            continue
        if not Article.objects.filter(facet_keys__contains=[facet.key(clause)]).exists():
            near = _nearest(clause.facet, clause.value)
            hint = f" - did you mean {quoted(near)}?" if near else ""
            found.append(Oddity(clause.start, clause.end, f"No article has {write(clause)}{hint}"))
    if refused := unbounded(node):
        words = f"{_refused(refused)} alone lets nearly all articles of all years in; a section would refuse it"
        found.append(Oddity(refused.start, refused.end, words))
    return tuple(found)


def _refused(clause: Clause) -> str:
    return f"not {write(clause)}"


def _nearest(facet: str, value: str) -> str:
    """Return the known value closest to ``value`` as people write it, "" when none is close."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct k from (select unnest(facet_keys) as k from (select facet_keys from newsletter_article"
            " order by id desc limit %s) as newest) as keys where starts_with(k, %s)",
            [MOST_SEARCHED, facet + "="],
        )
        known = [found.removeprefix(facet + "=") for (found,) in cursor.fetchall() if found != facet + "="]
    likest = difflib.get_close_matches(fold(value), known, 1, 0.7)
    near = [key(facet, value) for value in likest]
    article = Article.objects.filter(facet_keys__contains=near).order_by("-pk").first() if near else None
    return next((name for name in values_of(article, facet) if key(facet, name) == near[0]), "") if article else ""
