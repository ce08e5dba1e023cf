"""Freeze the audience of an issue: one row a reader, written by the database itself, safe to repeat."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from newsletter.delivery.assign import CHOICE_SQL, NO_ARTICLE, assignment, must_wait
from newsletter.delivery.corrected import await_corrected
from newsletter.delivery.models import ChunkState, DeliveryState, Lane, Sending
from newsletter.delivery.span import span
from newsletter.delivery.wake import wake_deliver, wake_freeze
from newsletter.errors import Conflict
from newsletter.issues.lifecycle import find, move
from newsletter.issues.models import Issue

log = logging.getLogger(__name__)
CHUNK = 1000
PORTION = 20 * CHUNK  # readers looked at in one transaction

_PORTION = f"""
WITH {{keyed}},
choice AS MATERIALIZED ({CHOICE_SQL}),
placed AS MATERIALIZED (
    SELECT k.*, c.variant, c.repeated > 0 AS repeated,
        CASE WHEN k.exclusion IS NOT NULL THEN k.exclusion WHEN c.empty THEN '{NO_ARTICLE}' END AS reason
    FROM keyed k JOIN choice c USING (combination, got)
),
kept AS MATERIALIZED (
    SELECT a.*, (row_number() OVER (ORDER BY a.reader_id) - 1) / {CHUNK} AS part
    FROM placed a WHERE a.reason IS NULL
), part AS MATERIALIZED (
    SELECT k.part, count(*) AS size, nextval(pg_get_serial_sequence('newsletter_chunk', 'id')) AS id
    FROM kept k GROUP BY k.part ORDER BY k.part
), chunk AS (
    INSERT INTO newsletter_chunk (id, issue_id, lane, state, claims, size, queued, wire, accepted, refused, deferred,
        in_doubt, skipped, expired, cancelled)
    SELECT p.id, %(issue_id)s, %(lane)s, {ChunkState.WAITING}, 0, p.size, p.size, 0, 0, 0, 0, 0, 0, 0, 0 FROM part p
), written AS (
    INSERT INTO newsletter_delivery (issue_id, chunk_id, reader_id, address, name, language, variant, state,
        attempts, reason)
    SELECT %(issue_id)s, p.id, k.reader_id, k.address, k.name, k.language, k.variant, {DeliveryState.QUEUED}, 0, ''
    FROM kept k JOIN part p USING (part) ORDER BY k.reader_id
    ON CONFLICT DO NOTHING
    RETURNING chunk_id
)
SELECT (SELECT max(reader_id) FROM audience), (SELECT count(*) FROM audience), (SELECT count(*) FROM kept),
    (SELECT count(*) FROM written),
    (SELECT coalesce(jsonb_object_agg(e.reason, e.n), '{{{{}}}}'::jsonb)
     FROM (SELECT reason, count(*) AS n FROM placed WHERE reason IS NOT NULL GROUP BY reason) e),
    (SELECT coalesce(jsonb_object_agg(v.variant, v.n), '{{{{}}}}'::jsonb)
     FROM (SELECT variant, count(*) AS n FROM kept GROUP BY variant) v),
    (SELECT count(*) FROM kept WHERE repeated)
"""


@dataclass(frozen=True, slots=True)
class Frozen:
    """How far a freeze came; ``complete`` means that sending has begun, ``ran_out`` that only time was lacking."""

    deliveries: int
    complete: bool
    ran_out: bool = False


def freeze(issue_id: int, *, now: datetime, seconds: float = 45.0) -> Frozen:
    """Write the audience for at most ``seconds``; call it again until it is complete.

    Two at once, a crash in between, a repeated wake-up: the watermark moves in the transaction that writes the rows.
    """
    end = time.monotonic() + seconds
    if not await_corrected(find(issue_id)):
        return Frozen(0, complete=False)
    Sending.objects.get_or_create(issue_id=issue_id)
    while True:
        with span("freeze", issue=issue_id):
            sending = _write_portion(issue_id, now)
        if sending is None:
            return Frozen(0, complete=False)
        if sending.complete:
            return Frozen(sending.deliveries, complete=_begin(issue_id, sending, now=now))
        if time.monotonic() > end:
            return Frozen(sending.deliveries, complete=False, ran_out=True)


def _write_portion(issue_id: int, now: datetime) -> Sending | None:
    """Write the next portion; None when somebody else is at it, the issue is not freezing any more, or has to wait."""
    with transaction.atomic():
        sending = Sending.objects.select_for_update(skip_locked=True).filter(issue_id=issue_id).first()
        issue = find(issue_id)
        if sending is None or issue.state != Issue.State.FREEZING:
            return None
        if sending.complete:
            return sending
        if not sending.candidates and must_wait(issue, now=now):
            return None
        portion = _insert(issue, sending)
        last, looked_at, kept, written, excluded = portion[:5]
        for variant, number in portion.variants.items():
            sending.variants[variant] = sending.variants.get(variant, 0) + number
        sending.repeated += portion.repeated
        sending.candidates += looked_at
        sending.deliveries += written
        if kept > written:  # an address moved from one reader to another meanwhile: it gets one copy
            excluded["same_address"] = kept - written
            _correct_sizes(issue_id)
        for reason, number in excluded.items():
            sending.excluded[reason] = sending.excluded.get(reason, 0) + number
        sending.watermark = last or sending.watermark
        sending.complete = looked_at < PORTION
        sending.moved_at = now
        sending.save()
        return sending


class _Portion(NamedTuple):
    last: int | None  # reader
    looked_at: int
    kept: int
    written: int
    excluded: dict[str, int]
    variants: dict[str, int]
    repeated: int


def _insert(issue: Issue, sending: Sending) -> _Portion:
    keyed, given = assignment(issue, added_since=sending.added_since)
    values = {
        "issue_id": issue.pk,
        "newsletter_id": issue.newsletter_id,
        "after": sending.watermark,
        "limit": PORTION,
        "lane": Lane.CORRECTION if issue.corrects_id else Lane.BULK,
        **given,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PORTION.replace("{keyed}", keyed).replace("{{}}", "{}"), values)
        last, looked_at, kept, written, excluded, variants, repeated = cursor.fetchone()
    return _Portion(last, looked_at, kept, written, _as_dict(excluded), _as_dict(variants), repeated)


def _as_dict(value: object) -> dict[str, int]:
    return dict(json.loads(value)) if isinstance(value, str) else dict(value)  # type: ignore[call-overload]


def _correct_sizes(issue_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_chunk c SET size = n.n, queued = n.n FROM (SELECT c2.id, count(d.id) AS n "
            "FROM newsletter_chunk c2 LEFT JOIN newsletter_delivery d ON d.chunk_id = c2.id "
            "WHERE c2.issue_id = %s AND c2.claims = 0 AND c2.state = %s GROUP BY c2.id) n WHERE c.id = n.id",
            [issue_id, ChunkState.WAITING],
        )


def _begin(issue_id: int, sending: Sending, *, now: datetime) -> bool:
    """Start sending, but only when every candidate is accounted for."""
    if sending.candidates != sending.deliveries + sum(sending.excluded.values()):
        log.error("freeze_does_not_add_up issue=%s", issue_id)
        return False
    try:
        frozen_at: dict[str, Any] = {} if sending.added_since else {"frozen_at": now}
        move(issue_id, "begin", by="system", now=now, detail={"deliveries": sending.deliveries}, **frozen_at)
    except Conflict:
        return False
    log.info("issue_frozen issue=%s deliveries=%s", issue_id, sending.deliveries)
    wake_deliver(issue_id)
    for waiting in Issue.objects.filter(state=Issue.State.FREEZING).values_list("pk", flat=True):
        wake_freeze(waiting)  # it may have waited to see who gets this one
    return True
