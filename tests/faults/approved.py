"""An issue with a seal, made as an editor makes one."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.models import Issue
from tests.delivery.stage import add_readers
from tests.factories import make_article, make_newsletter


def approved(readers: int) -> Issue:
    """Draft and approve it, with readers who wait for it."""
    now = timezone.now()
    at = now - timedelta(hours=1)
    newsletter = make_newsletter()
    make_article("Rivers of ice", first_ingested_at=at, available_at=at, updated_at=at, published_on=at.date())
    add_readers(newsletter, readers)
    return approve(draft(newsletter, now=now, by="ada").pk, by="ada", now=now)
