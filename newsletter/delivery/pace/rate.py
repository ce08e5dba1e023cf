"""Rates as people write them: 100/s, 20/m, 500/h."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.errors import Invalid

_RATE = re.compile(r"([1-9][0-9]{0,6})/([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
TOKEN_SECONDS = 1.0  # a drawn token is used within this time, or never


def per_second(text: str) -> float:
    """Read a rate such as "100/s" as messages a second; raises ``Invalid``."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise Invalid(f"{text!r} is no rate.", where="rate", fix='Write it like "100/s", "20/m" or "500/h".')
    return int(found[1]) / _SECONDS[found[2]]


@dataclass(frozen=True, slots=True)
class Limit:
    """What one bucket allows: ``rate`` messages a second (0 = any) and ``cap`` messages today (None = any)."""

    name: str
    rate: float = 0.0
    cap: int | None = None

    @property
    def capacity(self) -> float:
        """Return how many tokens a bucket gathers while nobody draws."""
        return 1.0 + self.rate * TOKEN_SECONDS

    @property
    def burst(self) -> float:
        """Return the bound of every interval: within t seconds at most ``rate * t + burst`` messages begin."""
        return self.capacity + self.rate * TOKEN_SECONDS
