"""Set right what crashes, pauses and time leave behind. Asks nothing but the database; one runs at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from newsletter.delivery.bounced import suppress_unknown
from newsletter.delivery.doubt import unless_in_doubt
from newsletter.delivery.finish import finish_if_done
from newsletter.delivery.ledger import RECOUNT, SETTLE, owner_lock
from newsletter.delivery.models import ChunkState, DeliveryState
from newsletter.delivery.outcome import GIVE_UP_AFTER
from newsletter.delivery.pace.slow import forget
from newsletter.delivery.rewind import watch
from newsletter.delivery.wake import wake_deliver, wake_freeze, wake_letters
from newsletter.errors import Conflict
from newsletter.issues.lifecycle import move, record
from newsletter.issues.models import Issue
from newsletter.letters.models import Letter

log = logging.getLogger(__name__)
LOCK = 7_310_401_377  # any number, the same in every process
RETRY_CHUNK = 1000
GIVEN_UP = "given_up"

_SETTLE = f"UPDATE newsletter_chunk c SET {SETTLE} FROM ({RECOUNT.format(chunk='%(chunk)s')}) n WHERE c.id = %(chunk)s"
_IN_DOUBT = f"""
WITH doubtful AS (
    UPDATE newsletter_delivery SET state = {DeliveryState.IN_DOUBT}, attempts = attempts + 1,
        moved_at = clock_timestamp()
    WHERE chunk_id = %(chunk)s AND state = {DeliveryState.WIRE} RETURNING id
), kept AS (
    INSERT INTO newsletter_attempt (delivery_id, at, outcome, relay, phase, enhanced, words)
    SELECT id, clock_timestamp(), {DeliveryState.IN_DOUBT}, '', 'answer', '', 'the worker that held it is gone'
    FROM doubtful
)
SELECT count(*) FROM doubtful
"""
_CANCEL = f"""UPDATE newsletter_delivery d SET state = {unless_in_doubt(DeliveryState.CANCELLED)},
    moved_at = clock_timestamp()
WHERE chunk_id = %(chunk)s AND state IN ({DeliveryState.QUEUED}, {DeliveryState.DEFERRED})"""
_GIVE_UP = f"""UPDATE newsletter_delivery d SET state = {unless_in_doubt(DeliveryState.EXPIRED)},
    reason = '{GIVEN_UP}', moved_at = clock_timestamp()
WHERE d.chunk_id = %(chunk)s AND d.state = {DeliveryState.DEFERRED} AND d.next_attempt_at <= clock_timestamp()
    AND EXISTS (SELECT FROM newsletter_attempt a WHERE a.delivery_id = d.id
        AND a.outcome = {DeliveryState.DEFERRED} AND a.at < clock_timestamp() - %(hours)s * interval '1 hour')"""
_EXPIRE = f"""UPDATE newsletter_delivery d SET state = {unless_in_doubt(DeliveryState.EXPIRED)},
    moved_at = clock_timestamp()
WHERE chunk_id = %(chunk)s AND state IN ({DeliveryState.QUEUED}, {DeliveryState.DEFERRED})"""
_OVER = f"""SELECT c.issue_id, array_agg(c.id ORDER BY c.id) FROM newsletter_chunk c
JOIN newsletter_issue i ON i.id = c.issue_id
WHERE i.state IN ('{Issue.State.SENDING}', '{Issue.State.PAUSED}') AND i.expires_at <= clock_timestamp()
    AND c.state <> {ChunkState.LEASED} AND c.queued + c.deferred > 0 GROUP BY c.issue_id"""
_REQUEUE = f"""UPDATE newsletter_delivery d SET state = {DeliveryState.QUEUED}, next_attempt_at = NULL
WHERE d.chunk_id = %(chunk)s AND d.state = {DeliveryState.DEFERRED} AND d.next_attempt_at <= clock_timestamp()"""


@dataclass(slots=True)
class Reconciled:
    """What one round set right: deliveries taken back, in doubt, tried again, expired; issues finished."""

    ran: bool = False
    chunks_taken_back: int = 0
    in_doubt: int = 0
    retried: int = 0
    expired: int = 0
    finished: int = 0
    woken: int = 0


def reconcile(now: datetime) -> Reconciled:
    """Do one round; returns at once with ``ran=False`` when another process is at it."""
    done = Reconciled()
    with _alone() as alone:
        if not alone:
            return done
        done.ran = True
        held = watch(now)
        _take_back(done)
        for issue_id in _issues(Issue.State.CANCELLED):
            cancel_waiting(issue_id)
        _expire(now, done)
        _retry_due(done)
        _reopen(now)
        _take_back_letters()
        suppress_unknown(now=now)
        forget(now)
        for issue_id in _sending():
            done.finished += finish_if_done(issue_id, now=now)
        if not held:
            _wake(done)
    return done


def cancel_waiting(issue_id: int) -> None:
    """Cancel the deliveries of a cancelled issue that nobody holds."""
    for chunk in _chunks("issue_id = %(issue)s AND state <> %(leased)s AND queued + deferred > 0", issue=issue_id):
        with _locked(chunk, "state <> %(leased)s") as ours, connection.cursor() as cursor:
            if ours:
                cursor.execute(_CANCEL, {"chunk": chunk})
                cursor.execute(_SETTLE, {"chunk": chunk})


def _take_back(done: Reconciled) -> None:
    """Chunks whose owner is proven dead (its session lock is free) or whose lease is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT owner, bool_and(lease_until < clock_timestamp()), array_agg(id) FROM newsletter_chunk "
            "WHERE state = %s GROUP BY owner",
            [ChunkState.LEASED],
        )
        held = cursor.fetchall()
    for owner, over, chunks in held:
        if owner is None or over or _is_dead(owner):
            for chunk in chunks:
                _take_back_chunk(chunk, owner, done)


def _take_back_chunk(chunk: int, owner: Any, done: Reconciled) -> None:
    with _locked(chunk, "owner IS NOT DISTINCT FROM %(owner)s", owner=owner) as ours:
        if not ours:
            return
        with connection.cursor() as cursor:
            cursor.execute(_IN_DOUBT, {"chunk": chunk})
            doubtful = int(cursor.fetchone()[0])
            cursor.execute(_SETTLE, {"chunk": chunk})
    done.chunks_taken_back += 1
    done.in_doubt += doubtful
    log.warning("chunk_taken_back chunk=%s in_doubt=%s", chunk, doubtful)


def _is_dead(owner: Any) -> bool:
    number = owner_lock(owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        free = bool(cursor.fetchone()[0])
        if free:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
    return free


def _expire(now: datetime, done: Reconciled) -> None:
    """What waits of an issue that is over will not go out; paused or not."""
    with connection.cursor() as cursor:
        cursor.execute(_OVER)
        over = cursor.fetchall()
    for issue_id, chunks in over:
        expired = 0
        for chunk in chunks:
            with _locked(chunk, "state <> %(leased)s") as ours, connection.cursor() as cursor:
                if ours:
                    cursor.execute(_EXPIRE, {"chunk": chunk})
                    expired += cursor.rowcount
                    cursor.execute(_SETTLE, {"chunk": chunk})
        if expired:
            record(issue_id, "expire", by="system", now=now, detail={"deliveries": expired})
            log.warning("issue_expired issue=%s deliveries=%s", issue_id, expired)
        done.expired += expired


def _retry_due(done: Reconciled) -> None:
    """Deferred deliveries whose time has come wait again; two days after their first deferral they expire."""
    due = _chunks("state <> %(leased)s AND deferred > 0 AND next_attempt_at <= clock_timestamp()")
    for chunk in due:
        with _locked(chunk, "state <> %(leased)s") as ours, connection.cursor() as cursor:
            if not ours:
                continue
            cursor.execute(_GIVE_UP, {"chunk": chunk, "hours": GIVE_UP_AFTER.total_seconds() / 3600})
            done.expired += cursor.rowcount
            cursor.execute(_REQUEUE, {"chunk": chunk})
            done.retried += cursor.rowcount
            cursor.execute(_SETTLE, {"chunk": chunk})


def _reopen(now: datetime) -> None:
    """Go on with a sent issue of which something waits. Nothing leaves one so: if one is found, that is a defect."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.issue_id, sum(c.queued) FROM newsletter_chunk c JOIN newsletter_issue i ON i.id = c.issue_id "
            "WHERE c.state = %s AND i.state = %s GROUP BY c.issue_id",
            [ChunkState.WAITING, Issue.State.SENT],
        )
        waiting = cursor.fetchall()
    for issue_id, queued in waiting:
        with suppress(Conflict):  # somebody was faster
            move(issue_id, "resend", by="system", now=now, sent_at=None, detail={"waiting": queued})
            log.error("sent_issue_goes_on issue=%s waiting=%s", issue_id, queued)


def _take_back_letters() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_letter SET owner = NULL, lease_until = NULL, state = CASE state WHEN 'wire' "
            "THEN 'in_doubt' ELSE 'queued' END WHERE state IN ('wire', 'leased') AND lease_until < clock_timestamp()"
        )


def _wake(done: Reconciled) -> None:
    for issue_id in _issues(Issue.State.FREEZING):
        wake_freeze(issue_id)
        done.woken += 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id FROM newsletter_issue i WHERE i.state = 'sending' AND EXISTS "
            "(SELECT FROM newsletter_chunk c WHERE c.issue_id = i.id AND c.state = %s "
            "AND (c.rest_until IS NULL OR c.rest_until <= clock_timestamp()))",
            [ChunkState.WAITING],
        )
        waiting = [row[0] for row in cursor.fetchall()]
    for issue_id in waiting:
        wake_deliver(issue_id)
        done.woken += 1
    if Letter.objects.filter(state=Letter.State.QUEUED).exists():
        wake_letters()


def _issues(state: str) -> list[int]:
    """Issues in a state that still have something to settle."""
    with connection.cursor() as cursor:
        if state == Issue.State.FREEZING:
            cursor.execute("SELECT id FROM newsletter_issue WHERE state = %s", [state])
        else:
            cursor.execute(
                "SELECT DISTINCT i.id FROM newsletter_issue i JOIN newsletter_chunk c ON c.issue_id = i.id "
                "WHERE i.state = %s AND c.state <> %s AND c.queued + c.deferred > 0",
                [state, ChunkState.LEASED],
            )
        return [row[0] for row in cursor.fetchall()]


def _sending() -> list[int]:
    return list(Issue.objects.filter(state=Issue.State.SENDING).values_list("pk", flat=True))


def _chunks(condition: str, **values: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM newsletter_chunk WHERE {condition} ORDER BY id", {"leased": ChunkState.LEASED, **values}
        )
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def _locked(chunk: int, condition: str, **values: Any) -> Iterator[bool]:
    """Lock one chunk in a transaction; False when it moved meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT 1 FROM newsletter_chunk WHERE id = %(chunk)s AND {condition} FOR NO KEY UPDATE",
                {"chunk": chunk, "leased": ChunkState.LEASED, **values},
            )
            ours = cursor.fetchone() is not None
        yield ours


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
