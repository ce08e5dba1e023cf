"""Drive a sending to its end in this process, with time made to pass where rows wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Chunk, Delivery, DeliveryState
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.transport import Transport
from newsletter.issues.models import Issue


def is_sent(issue: Issue) -> bool:
    """Whether the issue is finished."""
    return Issue.objects.filter(pk=issue.pk, state=Issue.State.SENT).exists()


def sent_by_now(issue: Issue) -> bool:
    """Whether the issue is finished; a database that is away says no."""
    try:
        return is_sent(issue)
    except DatabaseError:
        connection.close()
        return False


def is_paused(issue: Issue) -> bool:
    """Whether the issue waits for a person."""
    return Issue.objects.filter(pk=issue.pk, state=Issue.State.PAUSED).exists()


def let_time_pass() -> None:
    """What was deferred is due now."""
    Delivery.objects.filter(state=DeliveryState.DEFERRED).update(next_attempt_at=F("moved_at"))
    Chunk.objects.filter(deferred__gt=0).update(next_attempt_at=timezone.now())


def drive(
    issue: Issue, transport: Callable[[], Transport], *, seconds: float = 60.0, slice_seconds: float = 20.0
) -> float:
    """Deliver and reconcile until the issue is sent or paused; returns the seconds it took."""
    started = time.monotonic()
    while not is_sent(issue) and not is_paused(issue):
        assert time.monotonic() - started < seconds, "the sending did not come to an end in time"
        deliver(place="t", transport=transport(), seconds=slice_seconds)
        let_time_pass()
        reconcile(timezone.now())
    return time.monotonic() - started
