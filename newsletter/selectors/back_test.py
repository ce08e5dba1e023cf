"""What other sections would have put into past issues, slot by slot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.db import connection

from newsletter.articles.models import Article
from newsletter.catalogue.cadence import Slot
from newsletter.selectors.choose import Rule, fill
from newsletter.selectors.condition import condition
from newsletter.selectors.sql import Sql, joined

BALANCED = ("center", "program", "region", "author")
FIT = "withdrawn_at is null and url <> ''"


@dataclass(frozen=True, slots=True)
class SlotChange:
    """One past slot: the articles of every section before and after, by id, and the difference over all sections."""

    at: datetime
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BackTest:
    """Every slot, oldest first, and for every facet of ``BALANCED`` how often each value stood (before, after)."""

    slots: tuple[SlotChange, ...]
    balance: Mapping[str, Mapping[str, tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Past:
    """A past article as limits, orders and quotas need it; ``matches`` has one answer a rule, before then after."""

    pk: int
    published_on: date | None
    facet_keys: Sequence[str]
    matches: tuple[bool, ...]


def back_test(slots: Sequence[Slot], *, before: Sequence[Rule], after: Sequence[Rule]) -> BackTest:
    """Fill the windows between the cut-offs of ``slots`` (oldest first; the first only opens a window) both ways.

    Windows do not overlap, so an article can be new in one of them only; pins and drops take no part.
    """
    pairs = pairwise(slots)
    changes = tuple(_change(opening.cut_off_at, slot, before, after) for opening, slot in pairs)
    return BackTest(changes, _balance(changes))


def _change(since: datetime, slot: Slot, before: Sequence[Rule], after: Sequence[Rule]) -> SlotChange:
    articles = _window(since, slot, [*before, *after])
    was = _filled(before, articles, 0)
    would = _filled(after, articles, len(before))
    old, new = {pk for part in was for pk in part}, {pk for part in would for pk in part}
    return SlotChange(slot.at, was, would, tuple(sorted(new - old)), tuple(sorted(old - new)))


def _window(since: datetime, slot: Slot, rules: Sequence[Rule]) -> list[Past]:
    """Return the articles of one window that some rule matches; the fence walks along ``available_at``."""
    asked = [condition(rule.selector, slot.at) for rule in rules]
    any_of = joined("or", asked)
    counted = any(rule.quota or rule.order == "regions" for rule in rules)
    keys = "facet_keys" if counted else "array[]::text[]"
    inside = Sql("available_at >= %s and available_at < %s", (since, slot.cut_off_at))
    text = (
        f"select id, published_on, {keys}, {', '.join(f'({part.text})' for part in asked)} from"
        f" (select * from newsletter_article where {inside.text} order by available_at desc, id desc offset 0) as w"
        f" where {FIT} and ({any_of.text})"
    )
    values = [value for part in asked for value in part.values]
    with connection.cursor() as cursor:
        cursor.execute(text, [*values, *inside.values, *any_of.values])
        return [Past(pk, day, found, tuple(matches)) for pk, day, found, *matches in cursor.fetchall()]


def _filled(rules: Sequence[Rule], articles: Sequence[Past], offset: int) -> tuple[tuple[int, ...], ...]:
    taken: set[int] = set()
    parts = []
    for index, rule in enumerate(rules, offset):
        free = [article for article in articles if article.matches[index] and article.pk not in taken]
        part = tuple(article.pk for article in fill(rule, free, (), {}))
        taken.update(part)
        parts.append(part)
    return tuple(parts)


def _balance(changes: Sequence[SlotChange]) -> dict[str, dict[str, tuple[int, int]]]:
    was = Counter(pk for change in changes for part in change.before for pk in part)
    would = Counter(pk for change in changes for part in change.after for pk in part)
    told: dict[str, dict[str, tuple[int, int]]] = {facet: {} for facet in BALANCED}
    for pk, keys in Article.objects.filter(pk__in={*was, *would}).values_list("pk", "facet_keys"):
        for facet, _, value in (key.partition("=") for key in keys):
            if value and facet in told:
                old, new = told[facet].get(value, (0, 0))
                told[facet][value] = (old + was[pk], new + would[pk])
    return told
