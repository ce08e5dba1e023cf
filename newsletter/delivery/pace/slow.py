"""Slow down by oneself where "later" is heard often: halve at once, recover over minutes, per recipient domain."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from newsletter.delivery.relays.models import RelayTrouble, SlowedDomain

COMPLAINTS = 3  # so many "later" within WITHIN_SECONDS slow a domain down, and every further one may
WITHIN_SECONDS = 60.0
SLOWEST = 0.1  # messages a second
DOUBLES_AFTER = 300.0  # seconds without a further "later" until the pace has doubled
FORGET_AFTER = 3600.0  # seconds without a further "later" until the domain is as fast as any
NOT_THE_DOMAIN_S = ("4.1.", "4.2.2", "4.3.4", "5.")  # one mailbox, one address, one message: says nothing of its domain
_SLOW = """
INSERT INTO newsletter_sloweddomain AS s (domain, per_second, words, since, changed_at)
VALUES (%(domain)s, greatest(%(slowest)s, %(base)s / 2), %(words)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (domain) DO UPDATE SET words = excluded.words, changed_at = excluded.changed_at,
    since = CASE WHEN s.changed_at < excluded.changed_at - %(forget)s * interval '1 second'
        THEN excluded.since ELSE s.since END,
    per_second = CASE WHEN s.changed_at < excluded.changed_at - %(forget)s * interval '1 second'
        THEN excluded.per_second
        ELSE greatest(%(slowest)s, s.per_second / 2
            * power(2, extract(epoch FROM excluded.changed_at - s.changed_at)::float8 / %(doubles)s)) END
WHERE s.changed_at < excluded.changed_at - interval '5 seconds'
"""


class Complaints:
    """What one worker has heard of "later", by domain."""

    def __init__(self) -> None:
        self._heard: dict[str, deque[float]] = {}

    def hear(self, domain: str, enhanced: str, *, now: float) -> bool:
        """Note one "later"; returns whether the domain has to slow down."""
        if enhanced.startswith(NOT_THE_DOMAIN_S):
            return False
        heard = self._heard.setdefault(domain, deque(maxlen=COMPLAINTS))
        heard.append(now)
        return len(heard) == COMPLAINTS and now - heard[0] <= WITHIN_SECONDS


def slow_down(domain: str, *, base: float, words: str) -> None:
    """Halve the pace of a domain for all workers, at most once in five seconds.

    ``base`` is how many messages a second it gets just now.
    """
    values: dict[str, Any] = {"domain": domain[:255], "base": base, "words": words[:500], "slowest": SLOWEST}
    values |= {"doubles": DOUBLES_AFTER, "forget": FORGET_AFTER}
    with connection.cursor() as cursor:
        cursor.execute(_SLOW, values)


def slowed(now: datetime) -> dict[str, float]:
    """Return every domain that is slowed down, with the messages a second it may get at ``now``."""
    found: dict[str, float] = {}
    for one in SlowedDomain.objects.all():
        quiet = max(0.0, (now - one.changed_at).total_seconds())
        if quiet < FORGET_AFTER:
            found[one.domain] = one.per_second * 2 ** (quiet / DOUBLES_AFTER)
    return found


def forget(now: datetime) -> int:
    """Delete what is past: domains that are as fast as any again, relays nobody tried for a day; returns how many."""
    RelayTrouble.objects.filter(until__lt=now - timedelta(days=1)).delete()
    gone = [one.pk for one in SlowedDomain.objects.all() if (now - one.changed_at).total_seconds() >= FORGET_AFTER]
    return SlowedDomain.objects.filter(pk__in=gone).delete()[0]
