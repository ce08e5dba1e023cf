"""Why one article is in or out: every clause with the value seen, and how near it came."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from newsletter.articles.models import Article
from newsletter.expressions.tree import ANY, And, Clause, Node, Not, Or
from newsletter.expressions.write import write
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed

Lacking = tuple[tuple[Clause, bool], ...]  # clauses that should have answered so
Check = Callable[[Article, Collection[str]], Lacking]


@dataclass(frozen=True, slots=True)
class Step:
    """One clause held against one article. ``wanted`` is False below a ``not``: there passing means excluded."""

    clause: str
    facet: str
    seen: tuple[str, ...]
    passed: bool
    wanted: bool
    overridden: bool
    blank: str = "empty"

    @property
    def value(self) -> str:
        """The value seen, in words."""
        return (", ".join(self.seen) or self.blank) + (" (set by hand)" if self.overridden else "")

    @property
    def good(self) -> bool:
        """Whether this clause spoke for the article."""
        return self.passed == self.wanted

    @property
    def words(self) -> str:
        """The step in words for editors: ``✗ program:russia: program is empty``."""
        return f"{'✓' if self.good else '✗'} {'' if self.wanted else 'not '}{self.clause}: {self.facet} is {self.value}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict over one article. ``excluder`` is the first clause that shut it out, ``nearest_miss`` what lacks."""

    verdict: bool
    steps: tuple[Step, ...]
    excluder: str
    nearest_miss: str


def explain(node: Node, article: Article, *, at: datetime) -> Explanation:
    """Hold ``article`` against every clause of ``node``; the verdict is the same as the query's."""
    steps = tuple(_steps(node, article, at, wanted=True))
    verdict = passes(node, article, at)
    lacking = lacks(node, at)(article, frozenset(article.facet_keys))
    short = [(step.clause, step.wanted) for step in (_step(clause, article, at, wanted) for clause, wanted in lacking)]
    first = next((step for step in steps if (step.clause, step.wanted) in short), None)
    return Explanation(verdict, steps, first.clause if first else "", miss(lacking, article, at))


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
            return _lacks_all(parts) if isinstance(node, And) == wanted else _lacks_one(parts)


def miss(lacking: Lacking, article: Article, at: datetime) -> str:
    """Return what an article lacks, in words for editors: ``one facet away: program is empty, wanted ...``."""
    if not lacking:
        return ""
    facets = "one facet" if len(lacking) == 1 else f"{len(lacking)} facets"
    steps = [_step(clause, article, at, wanted) for clause, wanted in lacking]
    reasons = [
        f"{step.facet} is {step.value}, {'wanted' if step.wanted else 'not wanted'} {step.clause}" for step in steps
    ]
    return f"{facets} away: {'; '.join(reasons)}"


def _lacks_clause(clause: Clause, at: datetime, wanted: bool) -> Check:
    facet, none, this = FACETS[clause.facet], (), ((clause, wanted),)
    if not isinstance(facet, Keyed):
        return lambda article, _: none if facet.passes(clause, article, at) == wanted else this
    key, found = facet.key(clause), wanted == (clause.special != ANY)
    return lambda _, keys: none if (key in keys) == found else this


def _lacks_all(parts: list[Check]) -> Check:
    return lambda article, keys: tuple(chain.from_iterable([part(article, keys) for part in parts]))


def _lacks_one(parts: list[Check]) -> Check:
    return lambda article, keys: min([part(article, keys) for part in parts], key=len)


def _steps(node: Node, article: Article, at: datetime, *, wanted: bool) -> list[Step]:
    match node:
        case Clause():
            return [_step(node, article, at, wanted)]
        case Not(inner):
            return _steps(inner, article, at, wanted=not wanted)
        case And(nodes) | Or(nodes):
            return [step for part in nodes for step in _steps(part, article, at, wanted=wanted)]


def _step(clause: Clause, article: Article, at: datetime, wanted: bool) -> Step:
    facet = FACETS[clause.facet]
    return Step(
        clause=write(clause),
        facet=clause.facet,
        seen=tuple(facet.seen(article)),
        passed=facet.passes(clause, article, at),
        wanted=wanted,
        overridden=any(field in article.overrides for field in facet.fields),
        blank=facet.blank,
    )
