"""What the newsletters cover and what they leave: articles nobody picked, sections that stay empty, selectors that
can never choose, and how centers, programs, regions and authors are balanced."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from newsletter.articles.facet_keys import values_of
from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid
from newsletter.expressions.fold import fold
from newsletter.issues.assemble import rules_of, section_parts
from newsletter.issues.lifecycle import State
from newsletter.issues.models import Issue, LeftOut, Pick
from newsletter.selectors.choose import Rule
from newsletter.selectors.dead import dead, starved, unseen_keys
from newsletter.selectors.explain import Lacking, distance, lacks, miss

BALANCED = ("center", "program", "region", "author")
ISSUES = 12  # the last ones, held against as many before them
EMPTY_AFTER = 4  # issues in a row in which a section had nothing
MOST_VALUES = 10  # of one facet
GONE = (State.CANCELLED, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Title:
    """An active newsletter with its sections as rules."""

    newsletter: Newsletter
    rules: tuple[Rule, ...]


def coverage(*, since: datetime, until: datetime, now: datetime, limit: int = 50, after: str = "") -> dict[str, Any]:
    """Return what was left in a period (by ``available_at``), and how the newsletters stand at ``now``.

    Keys: since, until, articles, picked, unpicked (newest first, a page), next, empty_sections, dead_selectors,
    balance (newsletter -> facet -> values). Raises ``Invalid`` for a period that ends before it begins.
    """
    if since >= until:
        raise Invalid("The period ends before it begins.", where="until", fix="Give a later end.")
    if after and not after.isdecimal():
        raise Invalid(f"{after!r} is no cursor.", where="after", fix="Give the `next` of the last page.")
    titles = _titles()
    available = Article.objects.filter(available_at__gte=since, available_at__lt=until, withdrawn_at=None)
    unpicked = _unpicked(available)
    rows = list(unpicked.filter(pk__lt=int(after))[: limit + 1] if after else unpicked[: limit + 1])
    total, left = available.count(), unpicked.count()
    return {
        "since": since,
        "until": until,
        "articles": total,
        "picked": total - left,
        "unpicked": _why(rows[:limit], titles, until),
        "next": str(rows[limit - 1].pk) if len(rows) > limit else None,
        "empty_sections": _empty_sections(titles),
        "dead_selectors": _dead_selectors(titles, now),
        "balance": {title.newsletter.code: _balance(title.newsletter) for title in titles},
    }


def _titles() -> list[Title]:
    found = Newsletter.objects.filter(active=True).prefetch_related("sections").order_by("code")
    return [Title(one, tuple(rules_of(section_parts(one)))) for one in found]


def _unpicked(available: QuerySet[Article]) -> QuerySet[Article]:
    picks = Pick.objects.filter(article_id=OuterRef("pk")).exclude(placement=Pick.Placement.DROPPED)
    return available.filter(~Exists(picks.exclude(issue__state__in=GONE))).order_by("-pk")


def _why(articles: Sequence[Article], titles: Sequence[Title], at: datetime) -> list[dict[str, Any]]:
    """Hold every article against every section of every newsletter; the nearest one comes first."""
    checks = [(title, rule, lacks(rule.selector, at)) for title in titles for rule in title.rules]
    told = _left_out(articles)
    rows = []
    for article in articles:
        keys = frozenset(article.facet_keys)
        near: dict[str, tuple[tuple[int, int], str, Lacking]] = {}
        for title, rule, check in checks:
            lacking = check(article, keys)
            best = near.get(title.newsletter.code)
            if best is None or distance(lacking) < best[0]:
                near[title.newsletter.code] = (distance(lacking), rule.title, lacking)
        ways = [
            {
                "newsletter": code,
                "section": section,
                "lacking": facets,
                "words": miss(lacking, article)
                or told.get((article.pk, code))
                or "it matches; no issue has looked at it yet",
            }
            for code, ((facets, _), section, lacking) in sorted(near.items(), key=lambda pair: (pair[1][0], pair[0]))
        ]
        rows.append(
            {"article": article.pk, "title": article.title, "available_at": article.available_at, "newsletters": ways}
        )
    return rows


def _left_out(articles: Sequence[Article]) -> dict[tuple[int, str], str]:
    """Return what the newest issue said that left an article out: (article, newsletter) -> words."""
    rows = LeftOut.objects.filter(article_id__in=[article.pk for article in articles]).order_by("issue_id")
    return {(a, code): words for a, code, words in rows.values_list("article_id", "issue__newsletter__code", "words")}


def _last_issues(newsletter: Newsletter, count: int, *, skip: int = 0) -> list[int]:
    issues = Issue.objects.filter(newsletter=newsletter).exclude(state__in=GONE).order_by("-slot", "-pk")
    return list(issues.values_list("pk", flat=True)[skip : skip + count])


def _empty_sections(titles: Sequence[Title]) -> list[dict[str, Any]]:
    """Return the sections that had nothing in each of the last issues; a newsletter without issues has none."""
    found = []
    for title in titles:
        issues = _last_issues(title.newsletter, EMPTY_AFTER)
        if not issues:
            continue
        picks = Pick.objects.filter(issue_id__in=issues).exclude(placement=Pick.Placement.DROPPED)
        held = set(picks.values_list("section", flat=True))
        found += [
            {"newsletter": title.newsletter.code, "section": rule.title, "issues": len(issues)}
            for index, rule in enumerate(title.rules)
            if index not in held
        ]
    return found


def _dead_selectors(titles: Sequence[Title], now: datetime) -> list[dict[str, Any]]:
    unseen = unseen_keys(rule.selector for title in titles for rule in title.rules)
    found = []
    for title in titles:
        for rule in title.rules:
            never = dead(rule.selector, at=now)
            words = never or starved(rule.selector, at=now, unseen=unseen)
            if words:
                kind = "never" if never else "unseen"
                found.append({"newsletter": title.newsletter.code, "section": rule.title, "code": kind, "words": words})
    return found


def _balance(newsletter: Newsletter) -> dict[str, list[dict[str, Any]]]:
    """Return the values of every facet in the last issues, with how many there were in those before."""
    now = _values(_last_issues(newsletter, ISSUES))
    before = _values(_last_issues(newsletter, ISSUES, skip=ISSUES))
    total = {facet: sum(now[facet].values()) or 1 for facet in BALANCED}
    return {
        facet: [
            {"value": value, "count": count, "share": round(count / total[facet], 3), "before": before[facet][value]}
            for value, count in sorted(now[facet].items(), key=lambda pair: (-pair[1], fold(pair[0])))[:MOST_VALUES]
        ]
        for facet in BALANCED
    }


def _values(issues: Sequence[int]) -> Mapping[str, Counter[str]]:
    picks = Pick.objects.filter(issue_id__in=issues).exclude(placement=Pick.Placement.DROPPED).select_related("article")
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pick in picks:
        for facet in BALANCED:
            counts[facet].update(_once(values_of(pick.article, facet)))
    return counts


def _once(values: Iterable[str]) -> list[str]:
    return list({fold(value): value for value in values}.values())
