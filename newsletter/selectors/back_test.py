"""What other sections would have put into past issues, slot by slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.db import connection

from newsletter.articles.models import Article
from newsletter.catalogue.cadence import Slot
from newsletter.selectors.choose import Rule, fill
from newsletter.selectors.condition import condition
from newsletter.selectors.select import ORDER

FIT = "withdrawn_at is null and url <> ''"
AT_ONCE = 60  # articles whose keys are fetched together


@dataclass(frozen=True, slots=True)
class SlotChange:
    """One past slot: the articles of every section before and after, by id, and the difference over all sections."""

    at: datetime
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]


class Keys:
    """The facet keys of the articles of one window, fetched for those that quotas come to ask about."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._known: dict[int, list[str]] = {}

    def expect(self, numbers: list[int]) -> None:
        """Name the articles in the order in which they will most likely be asked for."""
        self._numbers = numbers

    def of(self, number: int) -> list[str]:
        """Return the keys of one article."""
        if number not in self._known:
            at = self._numbers.index(number)
            wanted = [one for one in self._numbers[at : at + AT_ONCE] if one not in self._known]
            self._known.update(Article.objects.filter(pk__in=wanted).values_list("pk", "facet_keys"))
        return self._known[number]


@dataclass(frozen=True, slots=True)
class Past:
    """A past article as limits, orders and quotas need it; ``matches`` has one answer a rule, before then after."""

    pk: int
    published_on: date | None
    weight: int
    matches: tuple[bool, ...]
    keys: Keys

    @property
    def facet_keys(self) -> Sequence[str]:
        return self.keys.of(self.pk)


def back_test(slots: Sequence[Slot], *, before: Sequence[Rule], after: Sequence[Rule]) -> tuple[SlotChange, ...]:
    """Fill the windows between the cut-offs of ``slots`` (oldest first; the first only opens a window) both ways.

    Windows do not overlap, so an article can be new in one of them only; pins and drops take no part.
    """
    return tuple(_change(opening.cut_off_at, slot, before, after) for opening, slot in pairwise(slots))


def _change(since: datetime, slot: Slot, before: Sequence[Rule], after: Sequence[Rule]) -> SlotChange:
    articles = _window(since, slot, [*before, *after])
    was = _filled(before, articles, 0)
    would = _filled(after, articles, len(before))
    old, new = {pk for part in was for pk in part}, {pk for part in would for pk in part}
    return SlotChange(slot.at, was, would, tuple(sorted(new - old)), tuple(sorted(old - new)))


def _window(since: datetime, slot: Slot, rules: Sequence[Rule]) -> list[Past]:
    """Return the articles of one window that some rule matches; the fence walks along ``available_at``."""
    asked = [condition(rule.selector, slot.at) for rule in rules]
    names = [f"m{number}" for number in range(len(asked))]
    answers = ", ".join(f"({part.text}) as {name}" for part, name in zip(asked, names, strict=True))
    text = (
        f"select id, published_on, weight, {', '.join(names)} from"
        f" (select id, published_on, weight, {answers} from newsletter_article"
        f" where available_at >= %s and available_at < %s and {FIT} offset 0) as w where {' or '.join(names)} {ORDER}"
    )
    values = [*(value for part in asked for value in part.values), since, slot.cut_off_at]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        keys = Keys()
        articles = [Past(pk, day, weight, tuple(matches), keys) for pk, day, weight, *matches in cursor.fetchall()]
    keys.expect([past.pk for past in articles])
    return articles


def _filled(rules: Sequence[Rule], articles: Sequence[Past], offset: int) -> tuple[tuple[int, ...], ...]:
    taken: set[int] = set()
    parts = []
    for index, rule in enumerate(rules, offset):
        free = [article for article in articles if article.matches[index] and article.pk not in taken]
        part = tuple(article.pk for article in fill(rule, free, ()))
        taken.update(part)
        parts.append(part)
    return tuple(parts)
