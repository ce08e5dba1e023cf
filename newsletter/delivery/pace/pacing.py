"""How fast recipient domains get mail from one deliverer: as all workers know it, and what it heard itself."""

from __future__ import annotations

import time
from collections import Counter

from newsletter.delivery.models import DeliveryState
from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.pace.slow import Complaints
from newsletter.delivery.pace.turnstile import Turnstile, domain_of
from newsletter.delivery.transport import Reply
from newsletter.delivery.work import Job

LOOK_SECONDS = 10.0  # between two looks at what recipient domains may get


class Pacing:
    """``counts`` is what the deliverer has recorded so far, for its own pace."""

    def __init__(self, turnstile: Turnstile, notices: Notices, counts: Counter[DeliveryState]) -> None:
        self._turnstile, self._notices, self._counts = turnstile, notices, counts
        self._complaints = Complaints()
        self._began_at = time.monotonic()
        self._look_at = 0.0

    def look(self, now: float) -> None:
        """See what recipient domains may get, now and then."""
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            if (limits := self._notices.limits()) is not None:
                self._turnstile.limit_domains(*limits)

    def hear_later(self, job: Job, reply: Reply) -> None:
        """Where "later" is heard often, all workers slow down."""
        domain, now = domain_of(job), time.monotonic()
        if self._complaints.hear(domain, reply.enhanced, now=now):
            pace = sum(self._counts.values()) / max(now - self._began_at, 1.0)
            self._notices.slow_down(domain, base=pace * self._turnstile.share(domain), words=reply.words)
            self._look_at = 0.0
