"""Fill the sections of a draft from the articles in its window; what people pinned, dropped or reworded stays."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import F

from newsletter.articles.models import Article
from newsletter.articles.queries import available
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Conflict
from newsletter.expressions.write import quoted
from newsletter.issues.lifecycle import State, state_words
from newsletter.issues.models import Issue, LeftOut, Pick
from newsletter.issues.queries import sent_before
from newsletter.rendering.words import words
from newsletter.selectors.check import check_selector
from newsletter.selectors.choose import Choice, Rule, choose
from newsletter.selectors.select import matching

MOST_CANDIDATES = 5000  # the newest of the window; only a first issue without lower bound can have more
MOST_DEEPER = 200  # matches of a section beyond those


def assemble(issue_id: int, *, now: datetime) -> Choice:
    """Choose and store the picks of a draft and the reason of every candidate that is not in it.

    Raises ``Conflict`` when it is no draft any more: what was approved stays as it is.
    """
    with transaction.atomic():
        issue = Issue.objects.select_for_update(of=("self",)).select_related("newsletter").get(pk=issue_id)
        if issue.state != State.DRAFT:
            raise Conflict(
                f"Issue {issue_id} is {state_words(issue.state)}; only a draft is filled.",
                where=f"issue {issue_id}",
                fix="Send it back for changes first.",
            )
        parts = correction_parts(issue) if issue.corrects_id else section_parts(issue.newsletter)
        Pick.objects.filter(issue=issue, section__gte=len(parts)).update(section=max(len(parts) - 1, 0))
        choice = choice_of(issue, parts)
        _store(issue, choice)
        Issue.objects.filter(pk=issue_id).update(
            sections=parts, assembled_at=now, updated_at=now, version=F("version") + 1
        )
    return choice


def section_parts(newsletter: Newsletter) -> list[dict[str, object]]:
    """Return the newsletter's sections as an issue keeps them."""
    return [
        {
            "title": section.title,
            "selector": section.selector,
            "limit": section.limit,
            "minimum": section.minimum,
            "order": section.order,
            "quota": section.quota,
            **({"group": section.group} if section.group else {}),
        }
        for section in newsletter.sections.all()
    ]


def correction_parts(issue: Issue) -> list[dict[str, object]]:
    """Return the one section of a correction; only what a person pins stands in it."""
    title = words(issue.newsletter.language)["correction"]
    selector = f"newsletter:{quoted(issue.newsletter.code)}"
    return [{"title": title, "selector": selector, "limit": 20, "minimum": 0, "order": "newest", "quota": {}}]


def rules_of(parts: list[dict[str, object]]) -> list[Rule]:
    """Return stored sections as rules; raises ``Invalid`` for a selector that is no longer one."""
    return [
        Rule(
            title=str(part["title"]),
            selector=check_selector(str(part["selector"])),
            limit=int(str(part["limit"])),
            minimum=int(str(part["minimum"])),
            order=str(part["order"]),
            quota={str(name): int(most) for name, most in dict(part["quota"]).items()},  # type: ignore[call-overload]  # JSON
        )
        for part in parts
    ]


def choice_of(issue: Issue, parts: list[dict[str, object]]) -> Choice:
    """Return what the issue would hold now, without storing anything."""
    touched = list(Pick.objects.filter(issue=issue).exclude(placement=Pick.Placement.CHOSEN)) if issue.pk else []
    dropped = {pick.article_id for pick in touched if pick.placement == Pick.Placement.DROPPED}
    pins = {
        pick.article_id: (pick.section, pick.position)
        for pick in touched
        if pick.placement == Pick.Placement.PINNED and pick.section < len(parts)
    }
    rules, at = rules_of(parts), issue.slot or issue.window_to
    window = list(islice(available(since=issue.window_from, until=issue.window_to), MOST_CANDIDATES))
    if len(window) == MOST_CANDIDATES:
        window = _with_deeper(window, rules, issue, at)
    known = {article.pk for article in window}
    by_hand = Article.objects.filter(pk__in=({*dropped, *pins} - known))
    return choose(
        [*window, *by_hand],
        rules,
        at=at,
        pins=pins,
        dropped=dropped,
        sent_before=sent_before(issue),
    )


def _with_deeper(window: list[Article], rules: list[Rule], issue: Issue, at: datetime) -> list[Article]:
    """Return the candidates with what the selectors find beyond the newest of a very long window."""
    found = {article.pk: article for article in window}
    for rule in rules:
        for article in matching(rule.selector, at=at, available_before=issue.window_to, limit=MOST_DEEPER):
            if issue.window_from is None or article.available_at >= issue.window_from:
                found.setdefault(article.pk, article)
    return list(found.values())


def _store(issue: Issue, choice: Choice) -> None:
    Pick.objects.filter(issue=issue, placement=Pick.Placement.CHOSEN).delete()
    LeftOut.objects.filter(issue=issue).delete()
    for placed in (placed for placed in choice.placed if placed.pinned):
        Pick.objects.filter(issue=issue, article_id=placed.article_id).update(
            section=placed.section, position=placed.position, reason=placed.reason
        )
    Pick.objects.bulk_create(
        Pick(
            issue=issue,
            article_id=placed.article_id,
            section=placed.section,
            position=placed.position,
            reason=placed.reason,
        )
        for placed in choice.placed
        if not placed.pinned
    )
    LeftOut.objects.bulk_create(
        LeftOut(issue=issue, article_id=left.article_id, reason=left.code, words=left.words) for left in choice.left_out
    )
