"""A reader takes a break from a newsletter, and comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.readers.models import Consent, Subscription


def pause(
    reader_id: int, newsletter_id: int, *, by: str, now: datetime, evidence: dict[str, Any] | None = None
) -> bool:
    """Pause an active subscription; returns whether there was one."""
    return _move(reader_id, newsletter_id, ("active", "paused"), by, now, evidence)


def resume(
    reader_id: int, newsletter_id: int, *, by: str, now: datetime, evidence: dict[str, Any] | None = None
) -> bool:
    """Make a paused subscription active again; returns whether there was one."""
    return _move(reader_id, newsletter_id, ("paused", "active"), by, now, evidence)


@transaction.atomic
def _move(
    reader_id: int, newsletter_id: int, way: tuple[str, str], by: str, now: datetime, evidence: dict[str, Any] | None
) -> bool:
    held = Subscription.objects.filter(reader=reader_id, newsletter=newsletter_id, state=way[0])
    moved = held.update(state=way[1], since=now)
    if moved:
        Consent.objects.create(
            reader_id=reader_id,
            newsletter_id=newsletter_id,
            act="paused" if way[1] == "paused" else "resumed",
            at=now,
            by=by,
            evidence=evidence or {},
        )
    return bool(moved)
