"""Fill the sections of an issue from its candidates: a pure value with a reason for every one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from newsletter.articles.facet_keys import key
from newsletter.articles.models import Article
from newsletter.expressions.tree import And, Clause, Node, Not, Or
from newsletter.selectors.explain import Lacking, distance, explain, lacks, miss

REASONS = {
    "withdrawn": "It was withdrawn.",
    "embargoed": "Its embargo is not over.",
    "no_link": "It has no address to send readers to.",
    "dropped": "It was dropped by hand.",
    "sent_before": "It stood in an earlier issue.",
}


class Candidate(Protocol):
    """What limits, orders and quotas need of an article."""

    @property
    def pk(self) -> int: ...

    @property
    def published_on(self) -> date | None: ...

    @property
    def weight(self) -> int: ...

    @property
    def facet_keys(self) -> Sequence[str]: ...


C = TypeVar("C", bound=Candidate)


@dataclass(frozen=True, slots=True)
class Rule:
    """One section: its selector and the limits around it. ``quota`` maps a facet to the most a value may have."""

    title: str
    selector: Node
    limit: int
    minimum: int = 0
    order: str = "newest"
    quota: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """An article in a section (index), at a position, and why."""

    article_id: int
    section: int
    position: int
    pinned: bool
    reason: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """A candidate that is not in the issue: the reason as a code and in words."""

    article_id: int
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The issue as it would stand: every candidate is in exactly one of the two."""

    placed: tuple[Placed, ...]
    left_out: tuple[NotPlaced, ...]


def choose(
    candidates: Sequence[Article],
    rules: Sequence[Rule],
    *,
    at: datetime,
    pins: Mapping[int, tuple[int, int]],
    dropped: Collection[int],
    sent_before: Collection[int],
) -> Choice:
    """Place ``candidates`` by ``rules``. ``pins`` maps an article to its (section, position); pins stand first.

    An earlier section decides first; no article stands twice. ``at`` is the slot, against which ages are measured.
    """
    keys = {article.pk: frozenset(article.facet_keys) for article in candidates}
    lacking = [_held(rule.selector, candidates, keys, at) for rule in rules]
    barred = {article.pk: _bar(article, at, pins, dropped, sent_before) for article in candidates}
    newest_first = sorted(candidates, key=lambda article: (article.published_on or date.min, article.pk), reverse=True)
    free = {article.pk: article for article in newest_first if not barred[article.pk] and article.pk not in pins}
    pinned = {article.pk: article for article in candidates if article.pk in pins and not barred[article.pk]}
    placed: list[Placed] = []
    full: dict[int, NotPlaced] = {}
    for index, rule in enumerate(rules):
        held = sorted((pins[pk][1], pk) for pk in pinned if pins[pk][0] == index)
        matched = [article for pk, article in free.items() if not lacking[index][pk]]
        chosen = fill(rule, matched, [pinned[pk] for _, pk in held], full)
        for article in chosen:
            del free[article.pk]
        placed += _ordered(index, rule, chosen, held, at)
    pairs = list(zip(rules, lacking, strict=True))
    left = [
        _left_out(article, barred[article.pk], full, [(rule.title, held[article.pk]) for rule, held in pairs])
        for article in candidates
        if article.pk in free or barred[article.pk]
    ]
    return Choice(tuple(placed), tuple(left))


def _held(
    selector: Node, candidates: Sequence[Article], keys: Mapping[int, frozenset[str]], at: datetime
) -> dict[int, Lacking]:
    """Return what every candidate lacks to be chosen by ``selector``."""
    check = lacks(selector, at)
    return {pk: check(article, keys[pk]) for pk, article in zip(keys, candidates, strict=True)}


def _bar(
    article: Article,
    at: datetime,
    pins: Mapping[int, tuple[int, int]],
    dropped: Collection[int],
    sent_before: Collection[int],
) -> str:
    """Return why an article cannot stand in the issue at all, "" when it can."""
    if article.withdrawn_at is not None:
        return "withdrawn"
    if article.embargo_until is not None and article.embargo_until > at:
        return "embargoed"
    if article.pk in dropped:
        return "dropped"
    if not article.url:
        return "no_link"
    return "sent_before" if article.pk in sent_before and article.pk not in pins else ""


def fill(rule: Rule, matched: list[C], pinned: Sequence[C], full: dict[int, NotPlaced] | None = None) -> list[C]:
    """Return which of the ``matched`` a section takes besides its pinned ones, best first; tell ``full`` the rest.

    ``matched`` comes newest first.
    """
    counts = Counter(value for article in pinned for value in _quota_values(rule, article))
    chosen: list[C] = []
    for article in _in_order(rule, matched):
        if len(chosen) + len(pinned) >= rule.limit:
            if full is None:
                break
            words = f"{rule.title} is full ({rule.limit})."
            full.setdefault(article.pk, NotPlaced(article.pk, "limit", words))
        elif over := next((v for v in _quota_values(rule, article) if counts[v] >= rule.quota[v[0]]), None):
            words = f"{rule.title} has {rule.quota[over[0]]} of {over[0]} {over[1]} already."
            if full is not None:
                full.setdefault(article.pk, NotPlaced(article.pk, "quota", words))
        else:
            chosen.append(article)
            counts.update(_quota_values(rule, article))
    return chosen


def _in_order(rule: Rule, newest: list[C]) -> list[C]:
    if rule.order == "oldest":
        return newest[::-1]
    if rule.order == "manual":
        return sorted(newest, key=lambda article: -article.weight)
    if rule.order == "regions":
        wanted = {key("region", clause.value) for clause in _sought(rule.selector) if clause.facet == "region"}
        return sorted(newest, key=lambda a: -len(wanted.intersection(a.facet_keys)))
    return newest


def _sought(node: Node, *, wanted: bool = True) -> Iterator[Clause]:
    """Yield the clauses with a value that an article should have."""
    match node:
        case Clause():
            if wanted and not node.special:
                yield node
        case Not(inner):
            yield from _sought(inner, wanted=not wanted)
        case And(nodes) | Or(nodes):
            for part in nodes:
                yield from _sought(part, wanted=wanted)


def _quota_values(rule: Rule, article: C) -> list[tuple[str, str]]:
    if not rule.quota:
        return []
    pairs = [key.partition("=") for key in article.facet_keys]
    return [(facet, value) for facet, _, value in pairs if value and facet in rule.quota]


def _ordered(index: int, rule: Rule, chosen: list[Article], held: list[tuple[int, int]], at: datetime) -> list[Placed]:
    """Return the section with pinned articles at their positions and the chosen ones around them."""
    line: list[tuple[int, bool]] = [(article.pk, False) for article in chosen]
    for position, pk in held:
        line.insert(min(position, len(line)), (pk, True))
    reasons = {article.pk: _why(rule, article, at) for article in chosen}
    pin = {"code": "pinned", "words": "Pinned by hand."}
    return [Placed(pk, index, place, pinned, reasons.get(pk, pin)) for place, (pk, pinned) in enumerate(line)]


def _why(rule: Rule, article: Article, at: datetime) -> dict[str, Any]:
    steps = [step for step in explain(rule.selector, article, at=at).steps if step.passed]
    return {
        "code": "matched",
        "words": "; ".join(step.clause for step in steps),
        "clauses": [step.as_dict() for step in steps],
    }


def _left_out(
    article: Article, bar: str, full: Mapping[int, NotPlaced], lacking: Sequence[tuple[str, Lacking]]
) -> NotPlaced:
    if bar:
        return NotPlaced(article.pk, bar, REASONS[bar])
    if article.pk in full:
        return full[article.pk]
    title, short = min(lacking, key=lambda pair: distance(pair[1]))
    return NotPlaced(article.pk, "no_match", f"{title}: {miss(short, article)}"[:500])
