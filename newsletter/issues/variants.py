"""Which renderings an issue needs: one for each combination of its blocks and of stories read elsewhere.

Nothing is rendered for a single reader. The combinations that occur in the audience now become at most ``MOST``
variants, chosen by how many read them; the freeze gives every reader one of them (``docs/decisions/0006-variants.md``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.issues.audience import audience_sql
from newsletter.issues.blocks import groups_of, seen
from newsletter.issues.elsewhere import Bit, Source, had_values, sources, tally_sql
from newsletter.issues.material import Material
from newsletter.issues.models import Issue, Pick
from newsletter.issues.spares import spares, substituted
from newsletter.rendering.finding import Finding

MOST = 8  # variants of an issue, the one that everybody may see among them
MOST_BITS = 62  # stories that can be looked up at once
MOST_ROWS = 2000  # different combinations that are told apart; the rest are few readers each
Repeats = Newsletter.Repeats
Key = tuple[int, tuple[int, ...], tuple[Bit, ...]]  # groups, articles, stories told to be elsewhere as well


@dataclass(frozen=True, slots=True)
class Variant:
    """One rendering to make: for whom, with which picks, and the ``rule`` by which the freeze gives it to readers."""

    name: str  # "" is what everybody may see
    groups: tuple[str, ...]
    picks: tuple[Pick, ...]
    also: Mapping[int, str]  # article -> the newsletter that had it
    readers: int
    rule: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """The variants, the first for everybody; ``shared`` is what all rules have in common, {} without any."""

    variants: tuple[Variant, ...]
    shared: dict[str, Any]
    notices: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """Readers for whom the issue reads alike."""

    combination: int
    picks: tuple[Pick, ...]
    told: tuple[Bit, ...] = ()  # the stories whose other newsletter is named

    def key(self) -> Key:
        return self.combination, tuple(pick.article_id for pick in self.picks), self.told


def plan_variants(material: Material, *, now: datetime) -> Plan:
    """Return the variants of an issue as it stands and as its audience is now."""
    issue = material.issue
    groups = groups_of(issue, material.picks)
    mode = _mode(issue)
    candidates = spares(issue) if mode == Repeats.REPLACE else ()
    at = leaves_at(issue, now=now)
    wanted = [pick.article_id for pick in material.picks] + [article.pk for article in candidates]
    found = sources(issue, wanted, at=at, expected=True) if mode != Repeats.SEND and wanted else []
    if not groups and mode == Repeats.SEND:
        return Plan((Variant("", (), material.picks, {}, 0, {}),), {})
    bits = _bits(mode, wanted, found)
    since = at - issue.newsletter.repeats_within
    rows = _tally(issue, groups, found, bits, since=since)
    return _Planner(material, groups, mode, candidates, found, bits).plan(rows)


def leaves_at(issue: Issue, *, now: datetime) -> datetime:
    """Return when an issue leaves, as far as anybody knows."""
    return max(issue.sending_at or issue.send_at or issue.slot or now, now)


def _mode(issue: Issue) -> str:
    """Return the rule about stories read elsewhere; a correction goes to all who got the issue."""
    return Repeats.SEND if issue.kind == Issue.Kind.CORRECTION else issue.newsletter.repeats


def _bits(mode: str, wanted: Sequence[int], found: Sequence[Source]) -> list[Bit]:
    """Return the stories to look up: those that are elsewhere now first, for there is room for 62."""
    if mode == Repeats.MENTION:
        pairs = dict.fromkeys((pk, source.newsletter) for source in reversed(found) for pk in sorted(source.articles))
        return list(pairs)[:MOST_BITS]
    if mode != Repeats.REPLACE:
        return []
    there = {pk for source in found for pk in source.articles}
    known = [pk for pk in wanted if pk in there] + [pk for pk in wanted if pk not in there]
    kept = set(list(dict.fromkeys(known))[:MOST_BITS])
    return [(pk, 0) for pk in dict.fromkeys(wanted) if pk in kept]  # in an order that no other newsletter changes


def _tally(
    issue: Issue, groups: Sequence[str], found: Sequence[Source], bits: Sequence[Bit], *, since: datetime
) -> list[tuple[int, int, int]]:
    """Return (combination of groups, stories had, readers) for the audience as it is now, most readers first."""
    audience, further = audience_sql(issue)
    text, values = tally_sql(groups, had=bool(found), audience=audience)
    given: dict[str, Any] = {"newsletter_id": issue.newsletter_id, "after": 0, "most": MOST_ROWS, **values, **further}
    if found:
        given |= had_values(found, bits, since=since)
    with connection.cursor() as cursor:
        cursor.execute(text, given)
        return [(int(combination), int(got), int(number)) for combination, got, number in cursor.fetchall()]


class _Planner:
    """Turns a tally into variants."""

    def __init__(
        self,
        material: Material,
        groups: Sequence[str],
        mode: str,
        candidates: Sequence[Article],
        found: Sequence[Source],
        bits: Sequence[Bit],
    ) -> None:
        self.material, self.groups, self.mode = material, tuple(groups), mode
        self.candidates, self.found, self.bits = candidates, found, bits
        self.titles = dict(
            Newsletter.objects.filter(pk__in={source.newsletter for source in found}).values_list("pk", "title")
        )

    def plan(self, rows: Sequence[tuple[int, int, int]]) -> Plan:
        """Return the plan: what everybody may see, the combinations of groups, then the repeats of most readers."""
        readers: Counter[Key] = Counter()
        cases: dict[Key, _Case] = {}
        combinations: Counter[int] = Counter({0: 0})
        for combination, got, number in rows:
            combinations[combination] += number
            case = self._case(combination, got)
            cases.setdefault(case.key(), case)
            readers[case.key()] += number
        kept = [0, *(one for one, _ in combinations.most_common() if one)]
        bases = {self._case(one, 0).key(): self._case(one, 0) for one in kept[:MOST]}
        repeats = [
            key for key, _ in readers.most_common() if key not in bases and cases[key].combination in kept[:MOST]
        ]
        room = MOST - len(bases)
        chosen = [*sorted(bases), *sorted(repeats[:room])]  # the numbers stay while only the readers of each change
        cases |= bases
        notices = [*self._too_many(kept, combinations), *self._empty(cases, readers), *self._nobody(rows)]
        notices += self._repeated(repeats[room:], cases, readers)
        variants = tuple(self._variant(number, cases[key], readers[key]) for number, key in enumerate(chosen, 1))
        return Plan(variants, self._shared(), tuple(notices))

    def _shared(self) -> dict[str, Any]:
        within = self.material.issue.newsletter.repeats_within.total_seconds()
        return {"groups": list(self.groups), "bits": [list(bit) for bit in self.bits], "within": int(within)}

    def _case(self, combination: int, got: int) -> _Case:
        issue = self.material.issue
        picks = seen(issue, self.material.picks, self._names(combination))
        held = [bit for place, bit in enumerate(self.bits) if got >> place & 1]
        if self.mode == Repeats.MENTION:
            shown = {pick.article_id for pick in picks}
            told = {article: bit for bit in reversed(held) if (article := bit[0]) in shown}  # the newest newsletter
            return _Case(combination, picks, tuple(sorted(told.values())))
        had = {article for article, _ in held}
        return _Case(combination, substituted(issue, picks, had=had, candidates=self.candidates))

    def _names(self, combination: int) -> tuple[str, ...]:
        return tuple(group for place, group in enumerate(self.groups) if combination >> place & 1)

    def _variant(self, number: int, case: _Case, readers: int) -> Variant:
        has = {pick.article_id for pick in case.picks}
        gone = [pk for pk in self._articles(case.combination) if pk not in has]
        also = {article: self.titles[newsletter] for article, newsletter in case.told}
        words = [*self._names(case.combination), *(f"without article {pk}" for pk in gone)]
        words += [f"article {pk} also in {title}" for pk, title in also.items()]
        rule = {
            "combination": case.combination,
            "has": _number([pk in has and pk not in also for pk, _ in self.bits]),
            "lacks": _number([bit in case.told or bit[0] in gone for bit in self.bits]),
            "empty": not case.picks,
            "words": "; ".join(words) or "everybody",
        }
        name = "" if number == 1 else str(number)
        return Variant(name, self._names(case.combination), case.picks, also, readers, rule)

    def _articles(self, combination: int) -> list[int]:
        return [pick.article_id for pick in self._case(combination, 0).picks]

    def _too_many(self, kept: Sequence[int], combinations: Mapping[int, int]) -> list[Finding]:
        if len(kept) <= MOST:
            return []
        over = sum(combinations[one] for one in kept[MOST:])
        place = f"{len(kept)} combinations of {len(self.groups)} groups; {over} readers are beyond the first {MOST}"
        least = min(self.groups, key=self._weight(combinations))
        fix = f"At most {MOST} can be made. Show fewer blocks to groups; {least} has the fewest readers."
        return [Finding("groups", "E", place, fix)]

    def _weight(self, combinations: Mapping[int, int]) -> Any:
        def weight(group: str) -> int:
            bit = 1 << self.groups.index(group)
            return sum(number for one, number in combinations.items() if one & bit)

        return weight

    def _empty(self, cases: Mapping[Key, _Case], readers: Mapping[Key, int]) -> list[Finding]:
        without = sum(number for key, number in readers.items() if not cases[key].picks)
        fix = "They get no copy. Show at least one article to everybody, if they should."
        return [Finding("groups", "W", f"{without} readers would see no article", fix)] if without else []

    def _nobody(self, rows: Sequence[tuple[int, int, int]]) -> list[Finding]:
        met = 0
        for combination, _, _ in rows:
            met |= combination
        return [
            Finding("groups", "W", f"nobody in the audience is of {group}", "Correct the group, or mark readers.")
            for place, group in enumerate(self.groups)
            if not met >> place & 1
        ]

    def _repeated(
        self,
        beyond: Sequence[Key],
        cases: Mapping[Key, _Case],
        readers: Mapping[Key, int],
    ) -> list[Finding]:
        """Tell of the readers whose repeats found no room among the variants."""
        number = sum(readers[key] for key in beyond)
        if not number:
            return []
        place = f"{number} readers get a story again that another newsletter sent them"
        fix = f"{len(beyond)} combinations found no room among {MOST} variants; they get the nearest. No story is lost."
        return [Finding("read_elsewhere", "W", place, fix)]


def _number(flags: Sequence[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)
