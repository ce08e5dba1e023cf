"""Which relay a letter takes: it never waits for a rate, and goes to the next relay when one is away."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence

from newsletter.delivery.pace import book
from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.pace.slots import Slots
from newsletter.delivery.pace.turnstile import LONGEST_PAUSE
from newsletter.delivery.relays.outlet import Outlet
from newsletter.delivery.submit import NO_UTF8, submit
from newsletter.delivery.transport import SESSION, Answered, Down, Envelope

NO_RELAY = "no relay can take it now"


class LetterWays:
    """The relays, tried in turn. A letter counts in what a relay may take, and what is mailed after it waits."""

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        self._outlets = outlets
        self._notices, self._slots = Notices(), Slots()

    def submit(
        self, relay: str, envelope: Envelope, content: Callable[[], bytes], intend: Callable[[], bool]
    ) -> Answered | Down | None:
        """Hand a letter over; as ``delivery.submit``. ``relay`` is the one its sender names, "" for any.

        Only a relay that never had the content is followed by the next one.
        """
        word: Answered | Down | None = Down(SESSION, NO_RELAY)
        turns = deque((outlet, False) for outlet in self._order(relay))
        while turns:
            outlet, waits = turns.popleft()
            if outlet.connections and not self._take(outlet, waits=waits):
                if outlet.is_shared and not waits:
                    turns.append((outlet, True))  # after those that are free at once
                continue
            try:
                day = book.charge(outlet.limit) if outlet.limit is not None else None
                if outlet.limit is not None and day is None:
                    continue
                word, left = _try(outlet, envelope, content, intend)
                if outlet.limit is not None and day is not None and not left:
                    book.give_back(outlet.limit, 1, day)
            finally:
                if outlet.connections:
                    self._slots.free(outlet.code)
            if isinstance(word, Answered) and word.reply is NO_UTF8:
                continue  # nothing was asked of it; another may take the address
            if not isinstance(word, Down) or word.unanswered is not None or word.returned is not None:
                if isinstance(word, Answered):
                    self._notices.back(outlet.code)
                return word
            if len(self._outlets) > 1:
                self._notices.set_aside(outlet.code, word.words, seconds=LONGEST_PAUSE)
        return word

    def close(self) -> None:
        """Give the connections back; raises ``Unavailable``."""
        self._slots.close()

    def _take(self, outlet: Outlet, *, waits: bool) -> bool:
        if waits:
            return self._slots.wait(outlet.code)
        return self._slots.take(outlet.code, outlet.connections)

    def _order(self, relay: str) -> list[Outlet]:
        if relay and any(outlet.code == relay for outlet in self._outlets):
            return [outlet for outlet in self._outlets if outlet.code == relay]
        shared = [outlet for outlet in self._outlets if outlet.weight]
        if len(shared) < 2:
            return shared
        away = {code for code, seconds in self._notices.away().items() if seconds}
        chance = {outlet.code: random.random() ** (1 / outlet.weight) for outlet in shared}  # noqa: S311  a share, no secret
        return sorted(shared, key=lambda one: (one.code in away, one.priority, -chance[one.code]))


def _try(
    outlet: Outlet, envelope: Envelope, content: Callable[[], bytes], intend: Callable[[], bool]
) -> tuple[Answered | Down | None, bool]:
    """Hand over on one relay; returns its word and whether anything may have left."""
    left = False

    def leaving() -> bytes:
        nonlocal left
        left = True
        return content()

    channel = outlet.transport.open()
    word = submit(channel, envelope, leaving, intend)
    if isinstance(word, Answered):
        channel.leave()
    return word, left
