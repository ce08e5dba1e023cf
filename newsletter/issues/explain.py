"""Why an article is in or out of the next issue of a newsletter, section by section."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.errors import NotFound
from newsletter.issues.assemble import MOST_CANDIDATES, choice_of, rules_of, section_parts
from newsletter.issues.draft import plan_issue
from newsletter.issues.models import Issue
from newsletter.selectors.explain import Explanation
from newsletter.selectors.explain import explain as explain_selector


def explain(newsletter: Newsletter, article_id: int, *, now: datetime) -> dict[str, Any]:
    """Return the verdict over an article for the next issue, with every clause of every section.

    Keys: newsletter, slot, article, verdict ("in" or "out"), section, reason, words, clauses (of the section that
    has it or came nearest), nearest_miss, sections. Raises ``NotFound`` for an unknown article. Nothing is stored.
    """
    article = Article.objects.filter(pk=article_id).first()
    if article is None:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="List the articles to see them.")
    issue = plan_issue(newsletter, now=now)
    parts = section_parts(newsletter)
    at = issue.slot or issue.window_to
    held = [(rule.title, explain_selector(rule.selector, article, at=at)) for rule in rules_of(parts)]
    sections = [_section(title, explanation) for title, explanation in held]
    choice = choice_of(issue, parts)
    placed = next((one for one in choice.placed if one.article_id == article_id), None)
    left = next((one for one in choice.left_out if one.article_id == article_id), None)
    if placed:
        reason, words, shown = placed.reason["code"], placed.reason["words"], sections[placed.section]
    else:
        reason, words = (left.code, left.words) if left else _outside(article, issue)
        nearest = min(range(len(held)), key=lambda index: held[index][1].distance)
        shown = sections[nearest]
    return {
        "newsletter": newsletter.code,
        "slot": issue.slot,
        "article": article.pk,
        "title": article.title,
        "verdict": "in" if placed else "out",
        "section": shown["section"],
        "reason": reason,
        "words": words,
        "nearest_miss": "" if placed else shown["nearest_miss"] or words,
        "clauses": shown["clauses"],
        "sections": sections,
    }


def _section(title: str, explanation: Explanation) -> dict[str, Any]:
    return {
        "section": title,
        "verdict": explanation.verdict,
        "excluder": explanation.excluder,
        "nearest_miss": explanation.nearest_miss,
        "clauses": [step.as_dict() for step in explanation.steps],
    }


def _outside(article: Article, issue: Issue) -> tuple[str, str]:
    """Return why an article is no candidate of the issue at all."""
    since, until = issue.window_from, issue.window_to
    if article.available_at >= until:
        return "too_late", f"It became available at {article.available_at:%Y-%m-%d %H:%M} UTC, after the cut-off."
    if since and article.available_at < since:
        start = f"{since:%Y-%m-%d %H:%M} UTC"
        return "too_old", f"It became available before the window of this issue, which starts at {start}."
    words = (
        f"It is neither one of the newest {MOST_CANDIDATES} articles of this window nor a newest match of a section."
    )
    return "too_many", words
