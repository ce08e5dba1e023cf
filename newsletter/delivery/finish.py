"""Finish an issue once every delivery is final and the totals add up."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Q, Sum

from newsletter.delivery.bounced import suppress_bounced
from newsletter.delivery.models import Chunk, ChunkState, Sending
from newsletter.delivery.resend import resend_by_policy
from newsletter.issues.lifecycle import find, find_locked, move
from newsletter.issues.models import Issue

log = logging.getLogger(__name__)
_FINAL = F("accepted") + F("refused") + F("in_doubt") + F("skipped") + F("expired") + F("cancelled")


def finish_if_done(issue_id: int, *, now: datetime) -> bool:
    """Move a sending issue to ``sent`` when nothing waits, is held or deferred; returns whether it was moved.

    Where the policy says so, what is in doubt waits again first.
    """
    if resend_by_policy(issue_id, now=now) or find(issue_id).state != Issue.State.SENDING or not _done(issue_id):
        return False
    suppress_bounced(issue_id, now=now)  # while the issue is not sent yet: whoever dies here is followed by another
    with transaction.atomic():  # that takes long: meanwhile it may have been sent again, extended, paused and resumed
        done = _done(issue_id) if find_locked(issue_id).state == Issue.State.SENDING else None
        if done is None:
            return False
        move(issue_id, "finish", by="system", now=now, sent_at=now)
    log.info("issue_sent issue=%s deliveries=%s", issue_id, done.deliveries)
    return True


def _done(issue_id: int) -> Sending | None:
    """Return the sending once its audience is whole, every delivery is final and none is missing."""
    sending = Sending.objects.filter(issue_id=issue_id, complete=True).first()
    if sending is None:
        return None
    sums = Chunk.objects.filter(issue_id=issue_id).aggregate(
        open=Count("id", filter=~Q(state=ChunkState.CLOSED) | Q(deferred__gt=0)), final=Sum(_FINAL, default=0)
    )
    if sums["open"]:
        return None
    if sums["final"] != sending.deliveries:
        log.error("sending_does_not_add_up issue=%s final=%s of=%s", issue_id, sums["final"], sending.deliveries)
        return None
    return sending
