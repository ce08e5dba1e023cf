"""Articles and issues as plain data: what the command line and the API answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from newsletter.articles.models import Article
from newsletter.issues.blocks import section_group
from newsletter.issues.compose import byline_of, item_of
from newsletter.issues.models import Issue, IssueRendering, Pick
from newsletter.issues.queries import left_out, placed, stored_renderings
from newsletter.issues.shortfalls import shortfalls
from newsletter.issues.variant_number import variant_number


def describe_article(article: Article) -> dict[str, Any]:
    """Return one article as a row; codes and names stand apart."""
    return {
        "id": article.pk,
        "title": article.title,
        "title_derived": article.title_derived,
        "teaser": article.teaser,
        "authors": article.authors,
        "byline": byline_of(article),
        "type": article.type,
        "blog": article.blog,
        "newsletters": article.newsletters,
        "center_codes": article.center_codes,
        "centers": article.centers,
        "primary_center": article.primary_center,
        "program_codes": article.program_codes,
        "programs": article.programs,
        "projects": article.projects,
        "collections": article.collections,
        "regions": article.regions,
        "topics": article.topics,
        "language": article.language,
        "language_derived": article.language_derived,
        "published_at": article.published_on,
        "published_precision": article.published_precision,
        "available_at": article.available_at,
        "url": article.url,
        "urls": article.urls,
        "originally_published_in": article.originally_published_in,
        "image": article.image_id,
        "image_url": article.image_url,
        "image_credit": article.image_credit,
        "overrides": article.overrides,
        "weight": article.weight,
        "withdrawn_at": article.withdrawn_at,
        "embargo_until": article.embargo_until,
        "renewed_at": article.renewed_at,
        "warnings": article.warnings,
    }


def describe_issue(issue: Issue) -> dict[str, Any]:
    """Return an issue with its picks by section, each with its reason, and the candidates left out."""
    sections: list[dict[str, Any]] = [
        {"title": part["title"], "group": section_group(issue, part), "picks": []} for part in issue.sections
    ]
    for pick in placed(issue):
        sections[pick.section]["picks"].append(_pick(issue, pick))
    return {
        **describe_state(issue),
        "version": issue.version,
        "kind": issue.kind,
        "corrects": issue.corrects_id,
        "corrected_article": issue.corrected_article_id,
        "slot": issue.slot,
        "window_from": issue.window_from,
        "window_to": issue.window_to,
        "held": issue.hold_reason,
        "shortfalls": [asdict(shortfall) for shortfall in shortfalls(issue)],
        "note_group": issue.note_group,
        "sections": sections,
        "variants": describe_variants(stored_renderings(issue).defer("html", "text", "digest")),
        "left_out": [
            {"id": row.article_id, "title": row.article.title, "reason": row.reason, "words": row.words}
            for row in left_out(issue)
        ],
    }


def describe_variants(renderings: Iterable[IssueRendering]) -> list[dict[str, Any]]:
    """Return every variant with who gets it, how many readers that were when it was planned, and its errors.

    The readers of the only variant of an issue are not counted: None.
    """
    return [
        {
            "variant": variant_number(one.variant),
            "words": one.rule.get("words", "everybody"),
            "readers": one.readers if one.rule else None,
            "errors": sum(finding["level"] == "E" for finding in one.findings),
        }
        for one in renderings
    ]


def describe_state(issue: Issue) -> dict[str, Any]:
    """Return which issue it is and where it stands."""
    return {"issue": issue.pk, "newsletter": issue.newsletter.code, "state": issue.state}


def _pick(issue: Issue, pick: Pick) -> dict[str, Any]:
    item = item_of(issue, pick)
    return {
        "article": pick.article_id,
        "title": item.headline,
        "teaser": item.teaser,
        "byline": byline_of(pick.article, language=issue.newsletter.language),
        "url": item.url,
        "group": pick.overrides.get("group", ""),
        "pinned": pick.placement == Pick.Placement.PINNED,
        "reason": pick.reason,
    }
