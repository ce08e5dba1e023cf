"""Bring in the remote images of issues that are being made, so that mail shows our own copies."""

from __future__ import annotations

from datetime import datetime

from newsletter.ingest.fetch_image import fetch_images as fetch
from newsletter.ingest.models import FetchedImage
from newsletter.issues.lifecycle import State
from newsletter.issues.models import Issue, Pick

MOST_ISSUES = 50


def fetch_images(*, now: datetime, issue_id: int | None = None, most: int = 20) -> list[FetchedImage]:
    """Fetch at most ``most`` images that open issues (or one) show and the library lacks; return all of theirs."""
    issues = Issue.objects.filter(state__in=[State.DRAFT, State.IN_REVIEW])
    open_issues = issues.filter(pk=issue_id) if issue_id is not None else issues.order_by("-pk")[:MOST_ISSUES]
    picks = Pick.objects.filter(issue_id__in=list(open_issues.values_list("pk", flat=True)), article__image=None)
    shown = picks.exclude(placement=Pick.Placement.DROPPED).exclude(article__image_url="")
    addresses = shown.order_by("-issue_id", "section", "position").values_list("article__image_url", flat=True)
    return list(fetch(addresses, now=now, most=most).values())
