"""Reads of articles that need thought."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from newsletter.articles.models import Article


def newest(*, after: str = "") -> QuerySet[Article]:
    """Return every article, the one ingested last first; ``after`` is the number of the last one seen."""
    found = Article.objects.order_by("-pk")
    return found.filter(pk__lt=int(after)) if after else found


def available(*, since: datetime | None, until: datetime) -> QuerySet[Article]:
    """Return the articles whose ``available_at`` lies in [since, until), newest first."""
    found = Article.objects.filter(available_at__lt=until)
    if since is not None:
        found = found.filter(available_at__gte=since)
    return found.order_by("-available_at", "-pk")
