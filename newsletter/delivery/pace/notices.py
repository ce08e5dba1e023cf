"""What a deliverer tells the others about relays and domains, and hears from them. Trouble here stops no mail."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connection

from newsletter.delivery.database_clock import database_now
from newsletter.delivery.models import ChunkState
from newsletter.delivery.pace.domains import DomainLimits, domain_limits
from newsletter.delivery.pace.slow import slow_down
from newsletter.delivery.relays.models import RelayTrouble
from newsletter.log_lines import masked

log = logging.getLogger(__name__)
_REST = f"""UPDATE newsletter_chunk SET rest_until = clock_timestamp() + %s * interval '1 second'
WHERE issue_id = %s AND state = {ChunkState.WAITING} AND (rest_until IS NULL OR rest_until < clock_timestamp())"""
_BROKE = """INSERT INTO newsletter_relaybreak AS b (relay, words, number, first_at, last_at)
VALUES (%(relay)s, %(words)s, %(n)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (relay) DO UPDATE SET words = excluded.words, last_at = excluded.last_at,
    number = CASE WHEN b.last_at < clock_timestamp() - interval '1 hour' THEN 0 ELSE b.number END + excluded.number,
    first_at = CASE WHEN b.last_at < clock_timestamp() - interval '1 hour' THEN excluded.first_at ELSE b.first_at END
"""
BREAKS_SECONDS = 5.0


class Notices:
    """The board in PostgreSQL."""

    def __init__(self, clock: Callable[[], datetime] = database_now) -> None:
        self._clock = clock
        self._breaks: Counter[str] = Counter()  # relay -> connections not told of yet
        self._tell_at: dict[str, float] = {}

    def limits(self) -> DomainLimits | None:
        """Return the limits of recipient domains as they stand now, None when nobody can tell."""
        with _quietly():
            return domain_limits(self._clock())
        return None

    def away(self) -> dict[str, float]:
        """Return the relays that were set aside and not seen well since, with the seconds until they are tried."""
        with _quietly():
            now = self._clock()
            return {one.relay: max(0.0, (one.until - now).total_seconds()) for one in RelayTrouble.objects.all()}
        return {}

    def set_aside(self, relay: str, words: str, *, seconds: float) -> None:
        """Tell that a relay is set aside for so many seconds."""
        log.warning("relay_set_aside relay=%s seconds=%s", relay, round(seconds, 1))
        with _quietly():
            now = self._clock()
            told = {"words": _told(words), "until": now + timedelta(seconds=seconds)}
            if not RelayTrouble.objects.filter(relay=relay).update(**told):
                RelayTrouble.objects.bulk_create([RelayTrouble(relay=relay, since=now, **told)], ignore_conflicts=True)

    def back(self, relay: str) -> None:
        """Tell that a relay takes mail again."""
        with _quietly():
            if RelayTrouble.objects.filter(relay=relay).delete()[0]:
                log.info("relay_back relay=%s", relay)

    def broke_off(self, relay: str, words: str) -> None:
        """Tell that a relay ended a connection in the middle; written down every few seconds at most."""
        self._breaks[relay] += 1
        if time.monotonic() < self._tell_at.get(relay, 0.0):
            return
        self._tell_at[relay] = time.monotonic() + BREAKS_SECONDS
        number, self._breaks[relay] = self._breaks[relay], 0
        log.info("relay_broke_off relay=%s connections=%s", relay, number)
        with _quietly(), connection.cursor() as cursor:
            cursor.execute(_BROKE, {"relay": relay, "words": _told(words), "n": number})

    def slow_down(self, domain: str, *, base: float, words: str) -> None:
        """Tell that a domain gets mail half as fast as ``base`` messages a second."""
        log.warning("domain_slowed base=%s", round(base, 1))
        with _quietly():
            slow_down(domain, base=base, words=_told(words))

    def rest(self, issue: int, *, seconds: int) -> None:
        """Tell that nobody needs to claim from an issue for a while."""
        with _quietly(), connection.cursor() as cursor:
            cursor.execute(_REST, [seconds, issue])


def _told(words: str) -> str:
    """Relays repeat whom they speak of; whoever may see a relay's state need not see readers."""
    return masked(words)[:500]


@contextmanager
def _quietly() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        log.warning("notice_lost error=%s", type(error).__name__)
        connection.close_if_unusable_or_obsolete()
