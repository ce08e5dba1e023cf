"""Freeze the audience of an issue: one row a reader, written by the database itself, safe to repeat."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from newsletter.delivery.models import ChunkState, DeliveryState, Sending
from newsletter.delivery.wake import wake_deliver
from newsletter.errors import Conflict
from newsletter.issues.lifecycle import find, move
from newsletter.issues.models import Issue
from newsletter.readers.audience import AUDIENCE_SQL

log = logging.getLogger(__name__)
CHUNK = 1000
PORTION = 20 * CHUNK  # readers looked at in one transaction

_PORTION = f"""
WITH audience AS MATERIALIZED ({AUDIENCE_SQL}),
kept AS MATERIALIZED (
    SELECT a.*, (row_number() OVER (ORDER BY a.reader_id) - 1) / {CHUNK} AS part
    FROM audience a WHERE a.exclusion IS NULL
), part AS MATERIALIZED (
    SELECT k.part, count(*) AS size, nextval(pg_get_serial_sequence('newsletter_chunk', 'id')) AS id
    FROM kept k GROUP BY k.part ORDER BY k.part
), chunk AS (
    INSERT INTO newsletter_chunk (id, issue_id, state, claims, size, queued, wire, accepted, refused, deferred,
        in_doubt, skipped, expired, cancelled)
    SELECT p.id, %(issue_id)s, {ChunkState.WAITING}, 0, p.size, p.size, 0, 0, 0, 0, 0, 0, 0, 0 FROM part p
), written AS (
    INSERT INTO newsletter_delivery (issue_id, chunk_id, reader_id, address, name, language, variant, state,
        attempts, reason)
    SELECT %(issue_id)s, p.id, k.reader_id, k.address, k.name, k.language, '', {DeliveryState.QUEUED}, 0, ''
    FROM kept k JOIN part p USING (part) ORDER BY k.reader_id
    ON CONFLICT (issue_id, address) DO NOTHING
    RETURNING chunk_id
)
SELECT (SELECT max(reader_id) FROM audience), (SELECT count(*) FROM audience), (SELECT count(*) FROM kept),
    (SELECT count(*) FROM written),
    (SELECT coalesce(jsonb_object_agg(e.exclusion, e.n), '{{}}'::jsonb)
     FROM (SELECT exclusion, count(*) AS n FROM audience WHERE exclusion IS NOT NULL GROUP BY exclusion) e)
"""


@dataclass(frozen=True, slots=True)
class Frozen:
    """How far a freeze came; ``complete`` means that sending has begun."""

    deliveries: int
    complete: bool


def freeze(issue_id: int, *, now: datetime, seconds: float = 45.0) -> Frozen:
    """Write the audience for at most ``seconds``; call it again until it is complete.

    Two at once, a crash in between, a repeated wake-up: the watermark moves in the transaction that writes the rows.
    """
    end = time.monotonic() + seconds
    Sending.objects.get_or_create(issue_id=issue_id)
    while True:
        sending = _write_portion(issue_id)
        if sending is None:
            return Frozen(0, complete=False)
        if sending.complete:
            return Frozen(sending.deliveries, complete=_begin(issue_id, sending, now=now))
        if time.monotonic() > end:
            return Frozen(sending.deliveries, complete=False)


def _write_portion(issue_id: int) -> Sending | None:
    """Write the next portion; None when somebody else is at it or the issue is not freezing any more."""
    with transaction.atomic():
        sending = Sending.objects.select_for_update(skip_locked=True).filter(issue_id=issue_id).first()
        issue = find(issue_id)
        if sending is None or issue.state != Issue.State.FREEZING:
            return None
        if sending.complete:
            return sending
        last, looked_at, kept, written, excluded = _insert(issue, sending.watermark)
        sending.candidates += looked_at
        sending.deliveries += written
        if kept > written:  # an address moved from one reader to another meanwhile: it gets one copy
            excluded["same_address"] = kept - written
            _correct_sizes(issue_id)
        for reason, number in excluded.items():
            sending.excluded[reason] = sending.excluded.get(reason, 0) + number
        sending.watermark = last or sending.watermark
        sending.complete = looked_at < PORTION
        sending.save()
        return sending


def _insert(issue: Issue, after: int) -> tuple[int | None, int, int, int, dict[str, int]]:
    values = {"issue_id": issue.pk, "newsletter_id": issue.newsletter_id, "after": after, "limit": PORTION}
    with connection.cursor() as cursor:
        cursor.execute(_PORTION, values)
        last, looked_at, kept, written, excluded = cursor.fetchone()
    return last, looked_at, kept, written, _as_dict(excluded)


def _as_dict(value: object) -> dict[str, int]:
    import json

    return dict(json.loads(value)) if isinstance(value, str) else dict(value)  # type: ignore[call-overload]


def _correct_sizes(issue_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_chunk c SET size = n.n, queued = n.n FROM (SELECT c2.id, count(d.id) AS n "
            "FROM newsletter_chunk c2 LEFT JOIN newsletter_delivery d ON d.chunk_id = c2.id "
            "WHERE c2.issue_id = %s GROUP BY c2.id) n WHERE c.id = n.id",
            [issue_id],
        )


def _begin(issue_id: int, sending: Sending, *, now: datetime) -> bool:
    """Start sending, but only when every candidate is accounted for."""
    if sending.candidates != sending.deliveries + sum(sending.excluded.values()):
        log.error("freeze_does_not_add_up issue=%s", issue_id)
        return False
    try:
        move(issue_id, "begin", by="system", now=now, frozen_at=now, detail={"deliveries": sending.deliveries})
    except Conflict:
        return False
    log.info("issue_frozen issue=%s deliveries=%s", issue_id, sending.deliveries)
    wake_deliver(issue_id)
    return True
