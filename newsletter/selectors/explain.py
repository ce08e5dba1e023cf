"""Why one article is in or out: every clause with the value seen, and how near it came."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from newsletter.articles.models import Article
from newsletter.expressions.tree import ANY, And, Clause, Node, Not, Or
from newsletter.expressions.write import write
from newsletter.selectors.facet import Facet
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed

Lack = tuple[Clause, bool, tuple[Clause, ...]]  # a clause, how it should have answered, others that would do as well
Lacking = tuple[Lack, ...]
Check = Callable[[Article, Collection[str]], Lacking]


@dataclass(frozen=True, slots=True)
class Step:
    """One clause held against one article: ``not`` belongs to it, and ``passed`` says that it spoke for the article."""

    clause: str
    facet: str
    seen: tuple[str, ...]
    passed: bool
    overridden: bool
    blank: str = "empty"
    spared: bool = False  # it failed, but an alternative to it holds

    @property
    def value(self) -> str:
        """The value seen, in words."""
        return _in_words(self.seen, self.blank, overridden=self.overridden)

    @property
    def words(self) -> str:
        """The step in words for editors: ``✗ program:russia: program is empty``."""
        if self.spared:
            return f"· {self.clause}: {self.facet} is {self.value} (an alternative holds)"
        return f"{'✓' if self.passed else '✗'} {self.clause}: {self.facet} is {self.value}"

    def as_dict(self) -> dict[str, Any]:
        """Return {clause, seen, passed, spared, overridden, words}: the one form in which clauses leave this room."""
        return {
            "clause": self.clause,
            "seen": list(self.seen),
            "passed": self.passed,
            "spared": self.spared,
            "overridden": self.overridden,
            "words": self.words,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict over one article. ``excluder`` is the first clause that shut it out, ``nearest_miss`` what lacks."""

    verdict: bool
    steps: tuple[Step, ...]
    excluder: str
    nearest_miss: str
    distance: tuple[int, int]  # facets and clauses that would have to be otherwise


def explain(node: Node, article: Article, *, at: datetime) -> Explanation:
    """Hold ``article`` against every clause of ``node``; the verdict is the same as the query's."""
    steps = tuple(_steps(node, article, at, wanted=True))
    verdict = passes(node, article, at)
    lacking = lacks(node, at)(article, frozenset(article.facet_keys))
    short = {_step(clause, article, at, wanted).clause for clause, wanted, _ in lacking}
    first = next((step for step in steps if step.clause in short), None)
    return Explanation(verdict, steps, first.clause if first else "", miss(lacking, article), distance(lacking))


def passes(node: Node, article: Article, at: datetime) -> bool:
    """Return whether ``node`` chooses ``article``."""
    match node:
        case Clause():
            return FACETS[node.facet].passes(node, article, at)
        case Not(inner):
            return not passes(inner, article, at)
        case And(nodes):
            return all(passes(part, article, at) for part in nodes)
        case Or(nodes):
            return any(passes(part, article, at) for part in nodes)


def lacks(node: Node, at: datetime, *, wanted: bool = True) -> Check:
    """Return a check that says which clauses, as few as possible, keep an article from being chosen; () = none do.

    It is built once and reads the article's keys, so that thousands of candidates are held against it in no time.
    """
    match node:
        case Clause():
            return _lacks_clause(node, at, wanted)
        case Not(inner):
            return lacks(inner, at, wanted=not wanted)
        case And(nodes) | Or(nodes):
            parts = [lacks(part, at, wanted=wanted) for part in nodes]
            return _lacks_all(parts) if isinstance(node, And) == wanted else _lacks_one(parts, _same(nodes))


def miss(lacking: Lacking, article: Article) -> str:
    """Return what an article lacks, in words for editors: ``one facet away: program is empty, wanted ...``."""
    if not lacking:
        return ""
    asked: dict[str, list[str]] = {}
    for clause, wanted, others in lacking:
        either = " or ".join(dict.fromkeys(_written(one) for one in (clause, *others)))
        asked.setdefault(clause.facet, []).append(f"{'wanted' if wanted else 'not wanted'} {either}")
    facets = "one facet" if len(asked) == 1 else f"{len(asked)} facets"
    seen = {name: _value(FACETS[name], article) for name in asked}
    reasons = [f"{facet} is {seen[facet]}, {' and '.join(dict.fromkeys(words))}" for facet, words in asked.items()]
    return f"{facets} away: {'; '.join(reasons)}"


def _value(facet: Facet, article: Article) -> str:
    """Return what an article has of a facet, in words."""
    by_hand = any(field in article.overrides for field in facet.fields)
    return _in_words(facet.seen(article), facet.blank, overridden=by_hand)


def _in_words(seen: Sequence[str], blank: str, *, overridden: bool) -> str:
    return (", ".join(seen) or blank) + (" (set by hand)" if overridden else "")


@lru_cache(maxsize=4096)
def _written(clause: Clause) -> str:
    """Return a clause as text; thousands of candidates lack the same ones."""
    return write(clause)


def distance(lacking: Lacking) -> tuple[int, int]:
    """Return how many facets, and how many clauses, an article is away from being chosen; (0, 0) when it is."""
    clauses = len(lacking)
    return (clauses if clauses < 2 else len({clause.facet for clause, _, _ in lacking})), clauses


def _lacks_clause(clause: Clause, at: datetime, wanted: bool) -> Check:
    facet, none, this = FACETS[clause.facet], (), ((clause, wanted, ()),)
    if not isinstance(facet, Keyed):
        return lambda article, _: none if facet.passes(clause, article, at) == wanted else this
    key, found = facet.key(clause), wanted == (clause.special != ANY)
    return lambda _, keys: none if (key in keys) == found else this


def _lacks_all(parts: list[Check]) -> Check:
    return lambda article, keys: tuple(chain.from_iterable([part(article, keys) for part in parts]))


def _lacks_one(parts: list[Check], same: tuple[Clause, ...]) -> Check:
    if not same:
        return lambda article, keys: min([part(article, keys) for part in parts], key=distance)

    def check(article: Article, keys: Collection[str]) -> Lacking:
        found: Lacking = ()
        for part in parts:
            if not (found := part(article, keys)):
                return ()
        return ((same[0], found[0][1], same[1:]),)

    return check


def _same(nodes: tuple[Node, ...]) -> tuple[Clause, ...]:
    """Return the nodes when they are clauses of one facet: each of them would do as well as the first."""
    clauses = tuple(node for node in nodes if isinstance(node, Clause))
    return clauses if len(clauses) == len(nodes) and len({one.facet for one in clauses}) == 1 else ()


def _steps(node: Node, article: Article, at: datetime, *, wanted: bool, spared: bool = False) -> list[Step]:
    match node:
        case Clause():
            step = _step(node, article, at, wanted)
            return [replace(step, spared=spared and not step.passed)]
        case Not(inner):
            return _steps(inner, article, at, wanted=not wanted, spared=spared)
        case And(nodes) | Or(nodes):
            is_choice = isinstance(node, And) != wanted
            spared = spared or (is_choice and passes(node, article, at) == wanted)
            return [step for part in nodes for step in _steps(part, article, at, wanted=wanted, spared=spared)]


def _step(clause: Clause, article: Article, at: datetime, wanted: bool) -> Step:
    facet = FACETS[clause.facet]
    return Step(
        clause=("" if wanted else "not ") + write(clause),
        facet=clause.facet,
        seen=tuple(facet.seen(article)),
        passed=facet.passes(clause, article, at) == wanted,
        overridden=any(field in article.overrides for field in facet.fields),
        blank=facet.blank,
    )
