"""How much a new relay may take on a day: a little first, more every day, until mailboxes know it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

FULL = 10**9  # messages a day that no cap ever reaches


def cap_of(warm_up: Mapping[str, Any], per_day: int, *, day: date) -> int | None:
    """Return how many messages a relay may take on a day in UTC, None for any number.

    ``warm_up`` is {begins, first, growth, days}: ``first`` on the day it begins, ``growth`` times as many every day
    after, for ``days`` days; before it begins the relay takes nothing.
    """
    caps = [per_day] if per_day else []
    if warm_up:
        past = (day - date.fromisoformat(warm_up["begins"])).days
        if past < 0:
            caps.append(0)
        elif past < warm_up["days"]:
            caps.append(min(FULL, int(warm_up["first"] * min(FULL, float(warm_up["growth"]) ** min(past, 100)))))
    return min(caps, default=None)
