"""One turn of the clock: what the calendar wants, then what deliveries want. Safe to run twice and at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.delivery.control import send, start_cooled_off
from newsletter.delivery.presence import TICKER, sign
from newsletter.delivery.reconcile import Reconciled, reconcile
from newsletter.delivery.rewind import watch
from newsletter.errors import Conflict, NewsletterError
from newsletter.issues.clock import hold, turn
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue

log = logging.getLogger(__name__)
SYSTEM = "system"


@dataclass(slots=True)
class Tick:
    """What one turn did, as issue ids, and what the reconciler set right."""

    drafted: list[int]
    refreshed: list[int]
    approved: list[int]
    skipped: list[int]
    held: list[int]
    sent: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    reconciled: Reconciled = field(default_factory=Reconciled)


def tick(now: datetime) -> Tick:
    """Do what is due at ``now``; an issue that cannot be sent is logged and does not stop the others."""
    sign(TICKER, "tick")
    done = turn(now)
    answer = Tick(done.drafted, done.refreshed, done.approved, done.skipped, done.held)
    if not watch(now):
        _send_due(answer, done.due, now)
    answer.reconciled = reconcile(now)
    return answer


def _send_due(answer: Tick, due: list[int], now: datetime) -> None:
    for issue_id in due:
        _go(answer, issue_id, now, cooled_off=False)
    cooled = Issue.objects.filter(state=Issue.State.COOLING_OFF, cool_off_until__lte=now)
    for issue_id in cooled.values_list("pk", flat=True):
        _go(answer, issue_id, now, cooled_off=True)


def _go(answer: Tick, issue_id: int, now: datetime, *, cooled_off: bool) -> None:
    issue = find(issue_id)
    if issue.hold_reason and not cooled_off:  # since it was found due: whoever confirmed a restore held it
        return
    try:
        if cooled_off:
            start_cooled_off(issue_id, by=SYSTEM, now=now)
        else:
            send(issue_id, by=SYSTEM, now=now)
        answer.sent.append(issue_id)
    except Conflict:  # another clock, or a person, was faster
        return
    except NewsletterError as error:
        log.warning("issue_not_sent issue=%s code=%s", issue_id, error.code)
        hold(issue, error.message)
        answer.refused.append(issue_id)
