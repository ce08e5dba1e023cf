"""Other stories for readers who have one of the issue's already: the next candidates, section by section."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from newsletter.articles.models import Article
from newsletter.issues.assemble import rules_of
from newsletter.issues.models import Issue, LeftOut, Pick
from newsletter.selectors.choose import fill
from newsletter.selectors.explain import lacks

NEXT = ("limit", "quota")  # why a candidate is not in although a selector wants it
BEHIND = 10_000  # a position behind every other


def spares(issue: Issue) -> tuple[Article, ...]:
    """Return the candidates that would be in if there were room, newest first."""
    left = LeftOut.objects.filter(issue=issue, reason__in=NEXT, article__withdrawn_at=None).exclude(article__url="")
    return tuple(row.article for row in left.select_related("article").order_by("-article__published_on", "-article"))


def substituted(
    issue: Issue, picks: Sequence[Pick], *, had: Collection[int], candidates: Sequence[Article]
) -> tuple[Pick, ...]:
    """Return ``picks`` without the articles that readers ``had``, each section filled up with what comes next.

    What a section takes instead stands at its end; nothing is stored.
    """
    kept = [pick for pick in picks if pick.article_id not in had]
    if len(kept) == len(picks):
        return tuple(picks)
    at = issue.slot or issue.window_to
    taken = {pick.article_id for pick in picks} | set(had)
    for index, rule in enumerate(rules_of(issue.sections)):
        held = [pick.article for pick in kept if pick.section == index]
        room = sum(pick.section == index for pick in picks)
        if len(held) == room:
            continue
        lacking = lacks(rule.selector, at)
        free = [one for one in candidates if one.pk not in taken and not lacking(one, frozenset(one.facet_keys))]
        for article in fill(replace(rule, limit=room), free, held):
            taken.add(article.pk)
            kept.append(Pick(issue=issue, article=article, section=index, position=BEHIND))
    return tuple(sorted(kept, key=lambda pick: (pick.section, pick.position)))
