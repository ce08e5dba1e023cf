"""One worker's tokens: taken for many messages at once, used within a second or lost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date

from newsletter.delivery.pace import book
from newsletter.delivery.pace.deal import Deal
from newsletter.delivery.pace.rate import Limit

SHORTEST_WAIT = 0.01  # seconds between two questions about one limit


@dataclass(slots=True)
class _Pocket:
    limit: Limit
    tokens: int = 0
    until: float = 0.0  # monotonic second after which the tokens are void
    ask_at: float = 0.0
    full: bool = False
    day: date | None = None  # in whose count they stand


class Purse:
    """Answers "may one go now" for any number of limits at once."""

    def __init__(self, deal: Deal) -> None:
        self._deal = deal
        self._pockets: dict[str, _Pocket] = {}

    def has(self, limit: Limit, want: int, *, now: float) -> bool:
        """Return whether a token is there; ``want`` is how many would be used. Raises ``Unavailable``."""
        pocket = self._pocket(limit)
        if pocket.tokens and now < pocket.until:
            return True
        self._void(pocket)
        if now < pocket.ask_at:
            return False
        dealt = self._deal.take(limit, max(1, want))
        pocket.tokens, pocket.until, pocket.full = dealt.number, dealt.until, dealt.full
        pocket.day = dealt.day
        pocket.ask_at = now + max(dealt.wait, SHORTEST_WAIT) if not dealt.number else 0.0
        return dealt.number > 0 and time.monotonic() < dealt.until

    def use(self, limit: Limit) -> None:
        """Spend one token that ``has`` found."""
        self._pockets[limit.name].tokens -= 1

    def wait(self, limit: Limit, *, now: float) -> float:
        """Return how many seconds from now on there is surely no token."""
        pocket = self._pockets.get(limit.name)
        return max(0.0, pocket.ask_at - now) if pocket is not None and not pocket.tokens else 0.0

    def is_full(self, limit: Limit, *, now: float) -> bool:
        """Return whether today's count is used up."""
        pocket = self._pockets.get(limit.name)
        return pocket is not None and pocket.full and now < pocket.ask_at

    def close(self) -> None:
        """Give back what a day's count holds for nothing; raises ``Unavailable``."""
        for pocket in self._pockets.values():
            self._void(pocket)
        self._deal.close()

    def _pocket(self, limit: Limit) -> _Pocket:
        pocket = self._pockets.get(limit.name)
        if pocket is None:
            pocket = self._pockets[limit.name] = _Pocket(limit)
        pocket.limit = limit
        return pocket

    def _void(self, pocket: _Pocket) -> None:
        if pocket.tokens and pocket.limit.cap is not None and pocket.day is not None:
            book.give_back(pocket.limit, pocket.tokens, pocket.day)
        pocket.tokens = 0
