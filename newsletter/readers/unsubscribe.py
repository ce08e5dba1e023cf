"""A reader leaves a newsletter: at once, for good, and as often as they press the button."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.readers.models import Consent, Subscription


def unsubscribe(
    reader_id: int, newsletter_id: int, *, by: str, now: datetime, evidence: dict[str, Any] | None = None
) -> bool:
    """End a subscription; returns whether there was one to end. Doing it again changes nothing."""
    with transaction.atomic():
        left = (
            Subscription.objects.filter(reader_id=reader_id, newsletter_id=newsletter_id)
            .exclude(state=Subscription.State.LEFT)
            .update(state=Subscription.State.LEFT, since=now)
        )
        if left:
            Consent.objects.create(
                reader_id=reader_id,
                newsletter_id=newsletter_id,
                act="left",
                at=now,
                by=by,
                evidence=evidence or {},
            )
    return bool(left)
