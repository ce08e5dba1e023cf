"""Selectors over HTTP: run, checked, finished."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from newsletter.api.scope import Scope
from newsletter.api.shapes.articles import ArticlePage
from newsletter.api.shapes.selectors import Offers, SelectIn, SelectorChecked, SelectorIn
from newsletter.api.shapes.trouble import Limit
from newsletter.api.trouble import TROUBLE
from newsletter.expressions.write import write
from newsletter.issues.describe import describe_article
from newsletter.selectors.check import check_selector, warnings
from newsletter.selectors.complete import complete
from newsletter.selectors.select import MOST_COUNTED, count, select

router = Router(tags=["selectors"], auth=Scope("articles:read"))


@router.post("/select", url_name="select", response={200: ArticlePage, **TROUBLE}, summary="Choose articles")
def select_articles(request: HttpRequest, asked: SelectIn) -> dict[str, Any]:
    """Return the newest articles that a selector chooses."""
    found = select(asked.expression, at=asked.at or timezone.now(), limit=asked.limit, after=asked.after)
    return {
        "articles": [describe_article(one) for one in found.articles],
        "next": found.next,
        "warnings": [warning.words for warning in found.warnings],
    }


@router.post(
    "/selectors/check",
    url_name="check-selector",
    response={200: SelectorChecked, **TROUBLE},
    summary="Check a selector",
)
def check(request: HttpRequest, asked: SelectorIn) -> dict[str, Any]:
    """Return a selector in its one form and how many articles it chooses; a wrong one is refused with its place."""
    tree = check_selector(asked.expression)
    found = count(asked.expression, at=asked.at or timezone.now())
    return {
        "selector": write(tree),
        "articles": min(found, MOST_COUNTED - 1),
        "more": found >= MOST_COUNTED,
        "warnings": [{"start": odd.start, "end": odd.end, "message": odd.words} for odd in warnings(tree)],
    }


@router.get(
    "/selectors/complete",
    url_name="complete-selector",
    response={200: Offers, **TROUBLE},
    summary="Finish a selector",
)
def finish(
    request: HttpRequest,
    text: str = "",
    cursor: int | None = None,
    limit: Limit = 20,
) -> dict[str, Any]:
    """Return what can stand at the cursor (default the end): facets, operators, values with their counts."""
    place = len(text) if cursor is None else cursor
    return {"completions": [asdict(offer) for offer in complete(text, place, limit=limit)]}
