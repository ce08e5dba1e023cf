"""Send again what is in doubt, with the Message-ID it had: because a person says so, or the newsletter's policy."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from newsletter.delivery.epoch import check_not_held, is_held
from newsletter.delivery.ledger import RECOUNT, SETTLE
from newsletter.delivery.models import ChunkState, DeliveryState
from newsletter.delivery.wake import wake_deliver
from newsletter.errors import Conflict, Refused
from newsletter.issues.lifecycle import State, find, find_locked, move, record
from newsletter.issues.models import Issue

BY_POLICY_AT_MOST = 2  # times one delivery is sent again without a person: a relay may cut every connection
ALLOWED = (State.SENDING, State.PAUSED, State.SENT)
_CHUNKS = f"""SELECT id, state FROM newsletter_chunk WHERE issue_id = %(issue)s
AND (in_doubt > 0 OR state = {ChunkState.LEASED}) ORDER BY id FOR NO KEY UPDATE"""
# A reason says that it is in doubt for more than a lost answer (``doubt``, ``rewind``): only a person sends it again.
_REQUEUE = f"""UPDATE newsletter_delivery d SET state = {DeliveryState.QUEUED}, reason = ''
WHERE d.chunk_id = %(chunk)s AND d.state = {DeliveryState.IN_DOUBT} AND (%(most)s::int IS NULL OR d.reason = '' AND
    (SELECT count(*) FROM newsletter_attempt a WHERE a.delivery_id = d.id AND a.outcome = {DeliveryState.IN_DOUBT})
    <= %(most)s)"""
_SETTLE = (
    f"UPDATE newsletter_chunk c SET {SETTLE} FROM ({RECOUNT.format(chunk='%(chunk)s')}) n "
    f"WHERE c.id = %(chunk)s AND c.state <> {ChunkState.LEASED}"
)


def resend(issue_id: int, *, by: str, now: datetime) -> int:
    """Put every delivery in doubt back into the queue; returns how many. A sent issue is sending again then.

    Nothing in doubt is nothing done, so a second call changes nothing. Raises ``Conflict``, and ``Refused`` for an
    issue that has expired and while sending is held.
    """
    check_not_held()
    with transaction.atomic():
        issue = find_locked(issue_id)
        if issue.state not in ALLOWED:
            raise Conflict(
                f"Issue {issue_id} is {issue.state}; nothing of it can be sent again now.",
                where=f"issue {issue_id}",
                fix="This is possible while it is sending or paused, and when it was sent.",
            )
        check_not_expired(issue, now=now)
        number = _requeue(issue_id, most=None)
        if number and issue.state == State.SENT:
            move(issue_id, "resend", by=by, now=now, sent_at=None, detail={"in_doubt": number})
        elif number:
            record(issue_id, "resend", by=by, now=now, detail={"in_doubt": number})
    if number:
        wake_deliver(issue_id)
    return number


def resend_by_policy(issue_id: int, *, now: datetime) -> int:
    """Do so for an issue of a newsletter whose policy is ``in_doubt = resend``, at most twice for each delivery.

    Nothing while sending is held, and never what is in doubt because the database was rewound.
    """
    if not _by_policy(find(issue_id), now=now) or is_held():
        return 0
    with transaction.atomic():
        if not _by_policy(find_locked(issue_id), now=now):
            return 0
        number = _requeue(issue_id, most=BY_POLICY_AT_MOST)
        if number:
            record(issue_id, "resend", by="system", now=now, detail={"in_doubt": number})
    return number


def _by_policy(issue: Issue, *, now: datetime) -> bool:
    wanted = issue.newsletter.in_doubt == issue.newsletter.InDoubt.RESEND
    return wanted and issue.state == State.SENDING and not is_expired(issue, now=now)


def is_expired(issue: Issue, *, now: datetime) -> bool:
    """Return whether nothing of the issue may go out any more."""
    return issue.expires_at is not None and issue.expires_at <= now


def check_not_expired(issue: Issue, *, now: datetime) -> None:
    """Raise ``Refused`` for an issue of which nothing may go out any more."""
    if is_expired(issue, now=now):
        raise Refused(
            f"Issue {issue.pk} has expired; nothing of it goes out any more.",
            code="expired",
            where=f"issue {issue.pk}",
            fix="Draft another issue.",
        )


def _requeue(issue_id: int, *, most: int | None) -> int:
    """Requeue under the lock of each chunk: in one that a worker holds too, where it is found at the release."""
    number = 0
    with connection.cursor() as cursor:
        cursor.execute(_CHUNKS, {"issue": issue_id})
        for chunk, _ in cursor.fetchall():
            cursor.execute(_REQUEUE, {"chunk": chunk, "most": most})
            if cursor.rowcount:
                number += cursor.rowcount
                cursor.execute(_SETTLE, {"chunk": chunk})
    return number
