"""How fast one process calls a provider: it waits when told to, and comes back more slowly."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

SHORTEST_GAP, LONGEST_GAP = 0.2, 5.0  # seconds between two calls after the provider asked for less
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0  # seconds of silence where the provider names none
LONGEST_NAMED = 3600.0
EASE = 0.9  # a call that went well shortens the gap to this part


class Tempo:
    """Shared by all calls of a process. ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._closed_until = self._next_at = self._gap = 0.0
        self._wait = FIRST_WAIT

    @property
    def gap(self) -> float:
        """Return the seconds from the beginning of one call to that of the next, 0 for none."""
        return self._gap

    def closed_for(self) -> float:
        """Return for how many seconds nothing is to be asked of the provider."""
        return max(0.0, self._closed_until - self._clock())

    def told_to_wait(self, seconds: float | None) -> None:
        """The provider wants no calls for so many seconds, None when it did not say how many."""
        with self._lock:
            wait = self._wait if seconds is None else min(max(seconds, 0.0), LONGEST_NAMED)
            self._wait = min(self._wait * 2, LONGEST_WAIT)
            self._closed_until = max(self._closed_until, self._clock() + wait)
            self._widen()

    def struggled(self) -> None:
        """The provider has trouble of its own: ask less of it."""
        with self._lock:
            self._widen()

    def went_well(self) -> None:
        """A call was answered as it should be."""
        with self._lock:
            self._wait = FIRST_WAIT
            self._gap = self._gap * EASE if self._gap * EASE > SHORTEST_GAP / 10 else 0.0

    def turn(self) -> float:
        """Return how many seconds to wait before the next call, and count it as made then."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next_at)
            self._next_at = at + self._gap
            return at - now

    def _widen(self) -> None:
        self._gap = min(max(self._gap * 2, SHORTEST_GAP), LONGEST_GAP)
