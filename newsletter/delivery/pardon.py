"""Readers whose refusal was our fault wait again: the run of equal refusals that paused an issue by itself."""

from __future__ import annotations

from django.db import connection, transaction

from newsletter.delivery.ledger import RECOUNT, SETTLE
from newsletter.delivery.models import ChunkState, DeliveryState
from newsletter.delivery.outcome import SAME_REFUSALS
from newsletter.issues.models import HistoryEntry

# What was refused behind the last accepted one, in the same words of code as the last refusal of all.
_RUN = f"""
WITH tried AS MATERIALIZED (
    SELECT a.id, a.delivery_id, a.outcome, a.code, a.enhanced
    FROM newsletter_delivery d JOIN newsletter_attempt a ON a.delivery_id = d.id
    WHERE d.issue_id = %(issue)s AND a.outcome IN ({DeliveryState.ACCEPTED}, {DeliveryState.REFUSED})
), run AS (
    SELECT * FROM tried WHERE id > (SELECT coalesce(max(id), 0) FROM tried WHERE outcome = {DeliveryState.ACCEPTED})
)
SELECT d.id, d.chunk_id FROM newsletter_delivery d JOIN run r ON r.delivery_id = d.id
WHERE d.state = {DeliveryState.REFUSED}
    AND (r.code, r.enhanced) = (SELECT l.code, l.enhanced FROM run l ORDER BY l.id DESC LIMIT 1)
"""
_LOCK = "SELECT id FROM newsletter_chunk WHERE id = ANY(%(chunks)s) ORDER BY id FOR NO KEY UPDATE"
_REQUEUE = f"""UPDATE newsletter_delivery SET state = {DeliveryState.QUEUED}
WHERE id = ANY(%(rows)s) AND state = {DeliveryState.REFUSED}"""
_SETTLE = (
    f"UPDATE newsletter_chunk c SET {SETTLE} FROM ({RECOUNT.format(chunk='%(chunk)s')}) n "
    f"WHERE c.id = %(chunk)s AND c.state <> {ChunkState.LEASED}"
)


def pardon(issue_id: int) -> int:
    """Requeue the readers of the run of refusals behind the last pause, if the system paused for one.

    Returns how many. They were refused for what was wrong with us; whoever resumes has set that right.
    """
    last = HistoryEntry.objects.filter(issue_id=issue_id, act="pause").order_by("-pk").first()
    if last is None or last.by != "system":
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RUN, {"issue": issue_id})
        found = cursor.fetchall()
        if len(found) < SAME_REFUSALS:
            return 0
        chunks = sorted({chunk for _, chunk in found})
        cursor.execute(_LOCK, {"chunks": chunks})
        cursor.execute(_REQUEUE, {"rows": [row for row, _ in found]})
        number = cursor.rowcount
        for chunk in chunks:
            cursor.execute(_SETTLE, {"chunk": chunk})
    return int(number)
