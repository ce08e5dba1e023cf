"""Chunks of which nothing may go for a while rest: nobody claims them before."""

from __future__ import annotations

from newsletter.delivery.models import Chunk


def wake_from_rest(issue_id: int | None = None) -> None:
    """Let an issue (or every one) be claimed again at once: what stopped it may have gone."""
    resting = Chunk.objects.filter(rest_until__isnull=False)
    if issue_id is not None:
        resting = resting.filter(issue_id=issue_id)
    resting.update(rest_until=None)
