"""Why one article is in or out: every clause with the value seen, and how near it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.models import Article
from newsletter.expressions.tree import And, Clause, Node, Not, Or
from newsletter.expressions.write import write
from newsletter.selectors.facets import FACETS


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
    lacking = () if verdict else missing(node, article, at, wanted=True)
    first = next((step for step in steps if step in lacking), None)
    return Explanation(verdict, steps, first.clause if first else "", _miss(lacking))


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


def missing(node: Node, article: Article, at: datetime, *, wanted: bool) -> tuple[Step, ...]:
    """Return the fewest clauses that would have to answer otherwise for ``node`` to be ``wanted``."""
    if passes(node, article, at) == wanted:
        return ()
    match node:
        case Clause():
            return (_step(node, article, at, wanted),)
        case Not(inner):
            return missing(inner, article, at, wanted=not wanted)
        case And(nodes) | Or(nodes):
            parts = [missing(part, article, at, wanted=wanted) for part in nodes]
            if isinstance(node, And) == wanted:
                return tuple(step for part in parts for step in part)
            return min(parts, key=len)


def _miss(lacking: tuple[Step, ...]) -> str:
    if not lacking:
        return ""
    facets = "one facet" if len(lacking) == 1 else f"{len(lacking)} facets"
    reasons = [
        f"{step.facet} is {step.value}, {'wanted' if step.wanted else 'not wanted'} {step.clause}" for step in lacking
    ]
    return f"{facets} away: {'; '.join(reasons)}"


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
