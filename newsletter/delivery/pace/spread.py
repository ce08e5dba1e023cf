"""An issue over a while instead of at once: its deliveries share out the window evenly."""

from __future__ import annotations

from datetime import timedelta

from newsletter.delivery.models import Sending
from newsletter.delivery.pace.rate import Limit
from newsletter.errors import Invalid

LONGEST = timedelta(days=7)


def check_window(spread: timedelta | None) -> None:
    """Raise ``Invalid`` for a window no issue can go out over."""
    if spread is not None and not timedelta() < spread <= LONGEST:
        raise Invalid(
            "An issue cannot go out over this long.", where="spread", fix='Give a span such as "30m" or "4h".'
        )


def spread_limit(issue_id: int) -> Limit | None:
    """Return the limit of an issue that is to go out over a window of time, None for one that goes at once."""
    sending = Sending.objects.select_related("issue").filter(issue_id=issue_id).first()
    if sending is None or not sending.issue.spread or not sending.deliveries:
        return None
    return Limit(f"issue:{issue_id}", sending.deliveries / sending.issue.spread.total_seconds())
