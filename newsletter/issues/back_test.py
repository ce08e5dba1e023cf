"""What a changed section would have put into the last issues of a newsletter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from newsletter.articles.facet_keys import values_of
from newsletter.articles.models import Article
from newsletter.catalogue import cadence
from newsletter.catalogue.cadence import Slot
from newsletter.catalogue.load import ORDERS
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid, Refused
from newsletter.expressions.fold import fold
from newsletter.expressions.write import write
from newsletter.issues.assemble import rules_of, section_parts
from newsletter.issues.section import section_index
from newsletter.selectors.back_test import SlotChange, back_test
from newsletter.selectors.check import check_selector, warnings
from newsletter.selectors.choose import Rule
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed

BALANCED = ("center", "program", "region", "author", "type")
MOST_SLOTS = 520
MOST_VALUES = 12  # of one facet, those that moved most


def back_test_newsletter(
    newsletter: Newsletter,
    *,
    section: str = "",
    selector: str = "",
    limit: int | None = None,
    minimum: int | None = None,
    order: str = "",
    quota: Mapping[str, int] | None = None,
    slots: int = 26,
    now: datetime,
) -> dict[str, Any]:
    """Return how the last ``slots`` issues would differ with one section changed; what is not given stays as it is.

    Keys: newsletter, section, before and after (the rule), slots (newest first: slot, changed, count, thin, came, left,
    moved), summary, balance (facet -> values that moved most), warnings. Both sides are filled anew from the articles
    as they are now, so pins, drops and later corrections of past issues take no part. Raises ``Invalid``, ``Refused``.
    """
    rules = rules_of(section_parts(newsletter))
    index = section_index(section, [rule.title for rule in rules])
    changed = _changed(rules[index], selector=selector, limit=limit, minimum=minimum, order=order, quota=quota)
    changes = back_test(
        _past_slots(newsletter, slots, now),
        before=rules,
        after=(after := [*rules[:index], changed, *rules[index + 1 :]]),
    )
    articles = _articles(changes)
    return {
        "newsletter": newsletter.code,
        "section": rules[index].title,
        "before": _rule(rules[index]),
        "after": _rule(changed),
        "summary": _summary(changes, rules, after),
        "slots": [_slot(change, rules, after, articles) for change in reversed(changes)],
        "balance": _balance(changes, articles),
        "warnings": [warning.words for warning in warnings(changed.selector)],
    }


def _changed(
    rule: Rule,
    *,
    selector: str,
    limit: int | None,
    minimum: int | None,
    order: str,
    quota: Mapping[str, int] | None,
) -> Rule:
    if order and order not in ORDERS:
        raise Invalid(f"There is no order {order!r}.", where="order", fix="One of: " + ", ".join(ORDERS))
    for facet in quota or ():
        check_selector(f"{facet}:any")
        if not isinstance(FACETS[facet.lower()], Keyed):
            message = f"{facet} has no values that could be counted."
            raise Invalid(message, where="quota", fix="Use center, author, region, ...")
    changed = replace(
        rule,
        selector=check_selector(selector) if selector else rule.selector,
        limit=limit if limit is not None else rule.limit,
        minimum=minimum if minimum is not None else rule.minimum,
        order=order or rule.order,
        quota=dict(quota) if quota is not None else rule.quota,
    )
    if changed.minimum > changed.limit:
        message = f"The section asks for at least {changed.minimum} articles and takes at most {changed.limit}."
        raise Invalid(message, where="minimum", fix="Raise the limit or lower the minimum.")
    if changed == rule:
        raise Invalid(
            "Nothing is changed.", where="selector", fix="Give another selector, limit, minimum, order or quota."
        )
    return changed


def _past_slots(newsletter: Newsletter, count: int, now: datetime) -> list[Slot]:
    """Return the slots before ``now``, oldest first; the first only opens the window of the second."""
    if not 1 <= count <= MOST_SLOTS:
        raise Invalid(f"{count} slots cannot be tried.", where="slots", fix=f"Use 1 to {MOST_SLOTS}.")
    days = 8 * (count + 1)
    while True:
        start = now - timedelta(days=days)
        found = [slot for slot in cadence.slots(newsletter, after=start, count=days * 3) if slot.at <= now]
        if len(found) > count:
            return found[-count - 1 :]
        if days > 366 * MOST_SLOTS / 10:
            break
        days *= 2
    if len(found) < 2:
        raise Refused(
            f"{newsletter.code} has no slots to look back on.",
            code="no_cadence",
            where="cadence",
            fix="Give it weekdays and a time.",
        )
    return found


def _articles(changes: Sequence[SlotChange]) -> dict[int, Article]:
    numbers = {pk for change in changes for part in (*change.before, *change.after) for pk in part}
    return Article.objects.in_bulk(numbers)


def _summary(changes: Sequence[SlotChange], rules: Sequence[Rule], after: Sequence[Rule]) -> dict[str, int]:
    return {
        "slots": len(changes),
        "changed": sum(change.before != change.after for change in changes),
        "came": sum(len(change.added) for change in changes),
        "left": sum(len(change.removed) for change in changes),
        "count_before": sum(len(part) for change in changes for part in change.before),
        "count_after": sum(len(part) for change in changes for part in change.after),
        "thin_before": sum(bool(_thin(change.before, rules)) for change in changes),
        "thin_after": sum(bool(_thin(change.after, after)) for change in changes),
    }


def _thin(parts: Sequence[Sequence[int]], rules: Sequence[Rule]) -> list[str]:
    """Return the titles of the sections that stay below their minimum."""
    return [rule.title for part, rule in zip(parts, rules, strict=True) if len(part) < rule.minimum]


def _slot(
    change: SlotChange, rules: Sequence[Rule], after: Sequence[Rule], articles: Mapping[int, Article]
) -> dict[str, Any]:
    was, would = _places(change.before), _places(change.after)
    moved = [pk for pk in would if pk in was and was[pk] != would[pk]]
    return {
        "slot": change.at,
        "changed": change.before != change.after,
        "count": {"before": len(was), "after": len(would)},
        "thin": {"before": _thin(change.before, rules), "after": _thin(change.after, after)},
        "came": [_named(pk, articles) for pk in would if pk not in was],
        "left": [_named(pk, articles) for pk in was if pk not in would],
        "moved": [
            {**_named(pk, articles), "from": _place(was[pk], rules), "to": _place(would[pk], rules)} for pk in moved
        ],
    }


def _places(parts: Sequence[Sequence[int]]) -> dict[int, tuple[int, int]]:
    return {pk: (index, place) for index, part in enumerate(parts) for place, pk in enumerate(part)}


def _place(at: tuple[int, int], rules: Sequence[Rule]) -> str:
    return f"{rules[at[0]].title} {at[1] + 1}"


def _named(pk: int, articles: Mapping[int, Article]) -> dict[str, Any]:
    return {"article": pk, "title": articles[pk].title}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "selector": write(rule.selector),
        "limit": rule.limit,
        "minimum": rule.minimum,
        "order": rule.order,
        "quota": dict(rule.quota),
    }


def _balance(changes: Sequence[SlotChange], articles: Mapping[int, Article]) -> dict[str, list[dict[str, Any]]]:
    was = _counts((pk for change in changes for part in change.before for pk in part), articles)
    would = _counts((pk for change in changes for part in change.after for pk in part), articles)
    return {facet: _moves(was[facet], would[facet]) for facet in BALANCED}


def _moves(was: Counter[str], would: Counter[str]) -> list[dict[str, Any]]:
    names = sorted({*was, *would}, key=lambda name: (-abs(would[name] - was[name]), -would[name], fold(name)))
    return [{"value": name, "before": was[name], "after": would[name]} for name in names[:MOST_VALUES]]


def _counts(numbers: Iterable[int], articles: Mapping[int, Article]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in BALANCED}
    for pk in numbers:
        for facet in BALANCED:
            counts[facet].update({fold(value): value for value in values_of(articles[pk], facet)}.values())
    return counts
