"""A relay that knows no such person has said so for every mail: the address is suppressed (RFC 3463)."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import Max

from newsletter.delivery.models import Attempt, Chunk, DeliveryState
from newsletter.delivery.transport import RCPT
from newsletter.letters.models import Letter
from newsletter.readers.suppress import suppress

log = logging.getLogger(__name__)
NOBODY_THERE = (
    "5.1.1",
    "5.1.2",
    "5.1.3",
    "5.1.6",
    "5.1.10",
    "5.2.1",
)  # no such box, host, form; moved, null MX, closed


def suppress_unknown(*, now: datetime) -> int:
    """Suppress whom the relay did not know when it was given a letter; returns how many were new.

    Only once the relay has taken another letter or delivery since: one that refuses everybody says nothing about a
    reader. So a form that is fed with made-up addresses makes one letter for each of them and no more.
    """
    unknown = Letter.objects.filter(nobody_there=True)
    last = _last_taken_at() if unknown.exists() else None
    if last is None:
        return 0
    fresh = 0
    for letter in unknown.filter(finished_at__lt=last).only("address", "code", "answer").order_by("pk"):
        evidence = {"letter": letter.pk, "code": int(letter.code or 0), "words": letter.answer}
        fresh += suppress(letter.address, reason="bounced", evidence=evidence, by="system", now=now)
        Letter.objects.filter(pk=letter.pk).update(nobody_there=False)
    if fresh:
        log.info("addresses_suppressed letters=%s", fresh)
    return fresh


def _last_taken_at() -> datetime | None:
    """Return when the relay last took anything; None when it never did."""
    letters = Letter.objects.filter(state=Letter.State.ACCEPTED).aggregate(at=Max("finished_at"))["at"]
    chunks = Chunk.objects.filter(accepted__gt=0).aggregate(at=Max("settled_at"))["at"]
    return max((at for at in (letters, chunks) if at is not None), default=None)


def suppress_bounced(issue_id: int, *, now: datetime) -> int:
    """Suppress whom the relay of a finished sending did not know; returns how many were new.

    Only once all of it is done: a refusal of all of us pauses it before, and is no fault of the readers.
    """
    refused = Attempt.objects.filter(
        delivery__issue_id=issue_id,
        delivery__state=DeliveryState.REFUSED,
        outcome=DeliveryState.REFUSED,
        phase=RCPT,
        enhanced__in=NOBODY_THERE,
    )
    fresh = 0
    for address, code, enhanced, words in refused.values_list("delivery__address", "code", "enhanced", "words"):
        evidence = {"issue": issue_id, "code": code, "enhanced": enhanced, "words": words}
        fresh += suppress(address, reason="bounced", evidence=evidence, by="system", now=now)
    if fresh:
        log.info("addresses_suppressed issue=%s addresses=%s", issue_id, fresh)
    return fresh
