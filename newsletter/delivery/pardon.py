"""Readers whose refusal was our fault wait again: the run of equal refusals that paused an issue by itself."""

from __future__ import annotations

from django.db import connection, transaction

from newsletter.delivery.ledger import RECOUNT, SETTLE
from newsletter.delivery.models import ChunkState, DeliveryState, RefusalRun
from newsletter.delivery.outcome import SAME_REFUSALS
from newsletter.issues.models import HistoryEntry

# What was refused with the reply that the pause names (its words may name a reader, and the tenth may have been put
# back; pauses of older versions have only words). Messages under way when a relay turns away are still accepted
# between the first refusals, so the run begins a little before the last of them.
_RUN = f"""
WITH tried AS MATERIALIZED (
    SELECT a.id, a.at, a.delivery_id, a.outcome, a.code, a.enhanced, a.words
    FROM newsletter_delivery d JOIN newsletter_attempt a ON a.delivery_id = d.id
    WHERE d.issue_id = %(issue)s AND a.outcome IN ({DeliveryState.ACCEPTED}, {DeliveryState.REFUSED})
), named AS (
    SELECT code, enhanced FROM tried WHERE outcome = {DeliveryState.REFUSED}
        AND CASE %(reply)s WHEN '' THEN words = %(words)s ELSE concat(code, ' ', enhanced) = %(reply)s END
    ORDER BY id DESC LIMIT 1
)
SELECT DISTINCT d.id, d.chunk_id FROM named n JOIN tried t USING (code, enhanced)
JOIN newsletter_delivery d ON d.id = t.delivery_id
WHERE t.outcome = {DeliveryState.REFUSED} AND d.state = {DeliveryState.REFUSED} AND t.at > coalesce(
    (SELECT max(at) FROM tried WHERE outcome = {DeliveryState.ACCEPTED}), '-infinity') - interval '60 seconds'
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
        told = {"reply": last.detail.get("reply", ""), "words": last.detail.get("reason", "")}
        cursor.execute(_RUN, {"issue": issue_id, **told})
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


def forget_run(issue_id: int) -> None:
    """Begin to count anew; outside a transaction that holds chunks."""
    RefusalRun.objects.filter(issue_id=issue_id).delete()
