"""Send a sent issue to those added after its audience was frozen: a further portion of the same issue.

Added to an issue is who subscribed since, to a correction who got the corrected issue since.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from newsletter.delivery.assign import added_sql
from newsletter.delivery.corrected import check_at_rest, check_no_correction_begins
from newsletter.delivery.epoch import check_not_held
from newsletter.delivery.models import Sending
from newsletter.delivery.resend import check_not_expired
from newsletter.delivery.safe import check_may_send
from newsletter.delivery.wake import wake_freeze
from newsletter.errors import Conflict
from newsletter.issues.lifecycle import ACTS, find, find_locked, move, state_words
from newsletter.issues.models import Issue

MARGIN = timedelta(minutes=10)  # clocks differ, and a subscription may be committed after it was dated


def extend(issue_id: int, *, by: str, now: datetime) -> int:
    """Begin a further portion and return how many readers it is for, as far as is known now.

    Nobody added is nothing done, so a second call changes nothing. No reader and no address gets a second copy: the
    constraints of the first portion hold for all. Raises ``Conflict``, and ``Refused`` when the issue has expired,
    what it corrects is going out or another correction looks who has a copy, this environment may not send, or
    sending is held.
    """
    check_may_send()
    check_not_held()
    with transaction.atomic():
        check_at_rest(find(issue_id))
        issue = find_locked(issue_id)
        _check(issue, now=now)
        number = added(issue)
        if number:
            Sending.objects.filter(issue=issue).update(added_since=_since(issue), watermark=0, complete=False)
            move(issue_id, "extend", by=by, now=now, sent_at=None, detail={"added": number})
    if number:
        wake_freeze(issue_id)
    return number


def added(issue: Issue) -> int:
    """Return how many readers were added since an issue was sent and have no copy."""
    audience, values = added_sql(issue, _since(issue))
    values |= {"newsletter_id": issue.newsletter_id, "after": 0, "limit": None}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({audience}) a", values)
        return int(cursor.fetchone()[0])


def _since(issue: Issue) -> datetime:
    """Return from when on; who was in time for the first portion has a copy and is left out by that."""
    return (issue.sending_at or issue.updated_at) - MARGIN


def _check(issue: Issue, *, now: datetime) -> None:
    check_no_correction_begins(issue)
    if issue.state not in ACTS["extend"].allowed:
        raise Conflict(
            f"Issue {issue.pk} is {state_words(issue.state)}; it cannot be sent to more readers now.",
            where=f"issue {issue.pk}",
            fix="This is possible while it is sending and when it was sent.",
        )
    check_not_expired(issue, now=now)
