"""What recipient domains may get: what was set for them, and less while they ask for less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from newsletter.delivery.pace.rate import Limit, per_second
from newsletter.delivery.pace.slow import slowed
from newsletter.delivery.relays.models import DomainPace

EVERY = "*"
DomainLimits = tuple[Mapping[str, Limit], Callable[[str], Limit | None]]


def domain_limits(now: datetime) -> DomainLimits:
    """Return the limits of the domains that have one of their own, and what answers for the others."""
    rates = {one.domain: per_second(one.rate) for one in DomainPace.objects.all()}
    every = rates.pop(EVERY, None)
    for domain, rate in slowed(now).items():
        rates[domain] = min(rate, rates.get(domain, every or rate))

    def for_others(domain: str) -> Limit | None:
        return Limit(f"domain:{domain}", every) if every is not None else None

    return {domain: Limit(f"domain:{domain}", rate) for domain, rate in rates.items()}, for_others
