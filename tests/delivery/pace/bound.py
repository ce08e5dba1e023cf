"""The bound of a limit, held against the instants at which something was used."""

from __future__ import annotations

from newsletter.delivery.pace.rate import Limit


def worst_excess(used: list[float], limit: Limit) -> float:
    """Return by how much the worst interval is above its bound (below zero: never); ``used`` is in order."""
    worst, least = -limit.burst, float("inf")
    for number, second in enumerate(used):  # an interval from use i to use j holds j - i + 1 uses
        least = min(least, number - limit.rate * second)
        worst = max(worst, number + 1 - limit.rate * second - least - limit.burst)
    return worst
