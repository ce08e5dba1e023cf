"""Newsletters over HTTP: listed, looked at, tried on the past."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import AwareDatetime

from newsletter.api.scope import Scope
from newsletter.api.shapes.newsletters import BackTested, BackTestIn, Covered, NewsletterList, NewsletterShape
from newsletter.api.shapes.trouble import Limit
from newsletter.api.trouble import TROUBLE, newsletter_named
from newsletter.catalogue.dump import dump
from newsletter.catalogue.models import Newsletter
from newsletter.issues.back_test import back_test_newsletter
from newsletter.issues.coverage import coverage as covered

PERIOD = timedelta(days=28)
router = Router(tags=["newsletters"], auth=Scope("newsletters:read"))


@router.get(
    "/newsletters", url_name="newsletters", response={200: NewsletterList, **TROUBLE}, summary="List newsletters"
)
def newsletters(request: HttpRequest) -> dict[str, Any]:
    """Return every newsletter by its code."""
    return {"newsletters": [_row(one) for one in Newsletter.objects.order_by("code")]}


@router.get(
    "/newsletters/{code}",
    url_name="newsletter",
    response={200: NewsletterShape, **TROUBLE},
    summary="Look at one newsletter",
)
def newsletter(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return one newsletter with its definition."""
    found = newsletter_named(code)
    return {**_row(found), "definition": dump(found)}


@router.post(
    "/newsletters/{code}/back-test",
    url_name="back-test",
    response={200: BackTested, **TROUBLE},
    summary="Try a changed section on past issues",
)
def back_test(request: HttpRequest, code: str, asked: BackTestIn) -> dict[str, Any]:
    """Return how the last issues would differ; nothing is stored."""
    return back_test_newsletter(
        newsletter_named(code),
        section=asked.section,
        selector=asked.selector,
        limit=asked.limit,
        minimum=asked.minimum,
        order=asked.order,
        quota=asked.quota,
        slots=asked.slots,
        now=asked.at or timezone.now(),
    )


@router.get(
    "/coverage", url_name="coverage", response={200: Covered, **TROUBLE}, summary="What is covered and what is left"
)
def coverage(
    request: HttpRequest,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Limit = 50,
    after: str = "",
) -> dict[str, Any]:
    """Return articles of a period that nobody picked and why, empty sections, dead selectors, and the balance."""
    now = timezone.now()
    end = until or now
    return covered(since=since or end - PERIOD, until=end, now=now, limit=limit, after=after)


def _row(newsletter: Newsletter) -> dict[str, Any]:
    return {
        "code": newsletter.code,
        "title": newsletter.title,
        "language": newsletter.language,
        "active": newsletter.active,
    }
