"""Relays that are away or do not want us: set aside and tried at growing pauses, and what has no other one pauses."""

from __future__ import annotations

import logging
import time

from newsletter.delivery.holdings import Holdings
from newsletter.delivery.lanes import Lanes
from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.pace.turnstile import LONGEST_PAUSE, Turnstile, Way
from newsletter.delivery.transport import Down

log = logging.getLogger(__name__)
REFUSED_SESSIONS = 6  # so many in a row, at growing pauses (a quarter to half a minute), and a relay refuses us
REFUSED_SECONDS = 300.0  # how long a relay that does not take our sender or our login is left alone


class Absence:
    """What one deliverer does about its relays that take nothing."""

    def __init__(self, turnstile: Turnstile, notices: Notices, lanes: Lanes, holdings: Holdings) -> None:
        self._turnstile, self._notices = turnstile, notices
        self._lanes, self._holdings = lanes, holdings

    def not_served(self, way: Way, down: Down) -> bool:
        """A connection ended before the relay asked for anything; returns whether the relay is set aside now."""
        said_no = down.reply is not None and down.reply.code >= 500
        refused = said_no and down.phase in ("auth", "starttls")
        if refused:
            self._blame(way, down.words)
        now = time.monotonic()
        if now < way.open_after:
            return False
        way.refused = way.refused + 1 if said_no else 0
        if way.refused >= REFUSED_SESSIONS and not refused:
            refused = True
            self._blame(way, down.words)
        seconds = way.pause_seconds
        way.open_after, way.pause_seconds = now + seconds, min(seconds * 2, LONGEST_PAUSE)
        log.warning("relay_away relay=%s phase=%s", way.outlet.code, down.phase)
        if refused and len(self._turnstile.ways) > 1:
            self.set_aside(way, down.words)
        elif any(lane.way is way and lane.served for lane in self._lanes.known.values()):
            return False
        else:
            self.set_aside(way, down.words, seconds=seconds)
        return True

    def set_aside(self, way: Way, words: str, *, seconds: float = REFUSED_SECONDS) -> None:
        """Use a relay no more for a while; the others take its line, and idle lanes want to be fed."""
        self._turnstile.set_aside(way, seconds=seconds)
        self._notices.set_aside(way.outlet.code, words, seconds=seconds)

    def is_over(self, way: Way) -> None:
        """A relay that was away asks for content: it is used again."""
        self._turnstile.back(way)
        self._notices.back(way.outlet.code)

    def _blame(self, way: Way, words: str) -> None:
        """A relay does not want us: pause what has no other one."""
        for work in list(self._holdings.works.values()):
            if not self._turnstile.elsewhere(way, work):
                self._holdings.trouble(work.issue, words)
