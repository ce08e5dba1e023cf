"""The watchdog: how long the oldest queued delivery of every issue under way waits, and since when nothing moved."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import connection

from newsletter.delivery.models import ChunkState

log = logging.getLogger(__name__)
STUCK_SECONDS = 300.0
_PROGRESS = f"""
SELECT i.id,
    coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(c.settled_at, i.frozen_at))
        FILTER (WHERE c.state = {ChunkState.WAITING})), 0)::float8,
    extract(epoch FROM clock_timestamp()
        - greatest(i.updated_at, i.frozen_at, max(c.settled_at), max(c.rest_until), max(m.moved_at)))::float8
FROM newsletter_issue i JOIN newsletter_chunk c ON c.issue_id = i.id
LEFT JOIN LATERAL (
    SELECT max(d.moved_at) AS moved_at FROM newsletter_delivery d
    WHERE d.chunk_id = c.id AND c.state = {ChunkState.LEASED}
) m ON true
WHERE i.state = 'sending' AND c.state <> {ChunkState.CLOSED}
    AND (c.rest_until IS NULL OR c.rest_until <= clock_timestamp())
GROUP BY i.id
UNION ALL
SELECT i.id, 0::float8, extract(epoch FROM clock_timestamp() - greatest(i.updated_at, s.moved_at))::float8
FROM newsletter_issue i LEFT JOIN newsletter_sending s ON s.issue_id = i.id
WHERE i.state = 'freezing'
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Seconds: how long the oldest queued delivery of an issue waits (0 in a freeze), and since when nothing moved."""

    issue: int
    oldest_seconds: float
    idle_seconds: float

    @property
    def is_stuck(self) -> bool:
        """Return whether something waits and nothing has moved for minutes."""
        return self.idle_seconds > STUCK_SECONDS


def progress() -> list[Progress]:
    """Return how it stands with every issue that is being frozen, or sent while something of it waits or is held."""
    with connection.cursor() as cursor:
        cursor.execute(_PROGRESS)
        return [Progress(*row) for row in cursor.fetchall()]


def warn_of_stuck() -> int:
    """Log every issue that does not move; returns how many."""
    stuck = [one for one in progress() if one.is_stuck]
    for one in stuck:
        seconds = (one.oldest_seconds, one.idle_seconds)
        log.warning("issue_stuck issue=%s oldest_seconds=%.0f idle_seconds=%.0f", one.issue, *seconds)
    return len(stuck)
