"""A relay that knows no such person has said so for every mail: the address is suppressed (RFC 3463)."""

from __future__ import annotations

import logging
from datetime import datetime

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
    fresh = 0
    for letter in Letter.objects.filter(nobody_there=True).order_by("pk"):
        if not _took_another_since(letter):
            continue
        evidence = {"letter": letter.pk, "code": int(letter.code or 0), "words": letter.answer}
        fresh += suppress(letter.address, reason="bounced", evidence=evidence, by="system", now=now)
        Letter.objects.filter(pk=letter.pk).update(nobody_there=False)
    if fresh:
        log.info("addresses_suppressed letters=%s", fresh)
    return fresh


def _took_another_since(letter: Letter) -> bool:
    letters = Letter.objects.filter(state=Letter.State.ACCEPTED, finished_at__gt=letter.finished_at)
    chunks = Chunk.objects.filter(accepted__gt=0, settled_at__gt=letter.finished_at)
    return letters.exists() or chunks.exists()


def suppress_bounced(issue_id: int, *, now: datetime) -> int:
    """Suppress whom the relay of a finished sending did not know; returns how many were new.

    Only once an issue is sent: a refusal of all of us pauses it before, and is no fault of the readers.
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
