"""The watchdog: how long the oldest queued delivery of every sending issue waits, and since when nothing moved."""

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
GROUP BY i.id ORDER BY i.id
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Seconds: since when the oldest queued delivery of an issue waits, and since when none of it moved."""

    issue: int
    oldest_seconds: float
    idle_seconds: float

    @property
    def is_stuck(self) -> bool:
        """Return whether something waits and nothing has moved for minutes."""
        return self.idle_seconds > STUCK_SECONDS


def progress() -> list[Progress]:
    """Return how it stands with every sending issue of which something waits or is held."""
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
