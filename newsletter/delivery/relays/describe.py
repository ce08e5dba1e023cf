"""Relays and the pace of domains as every door shows them: what they may, what they did today, what ails them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from newsletter.delivery.pace.domains import EVERY
from newsletter.delivery.pace.slow import slowed
from newsletter.delivery.pace.warm_up import cap_of
from newsletter.delivery.relays.models import Bucket, DomainPace, RelayTrouble, SlowedDomain, StandingRelay
from newsletter.delivery.relays.outlet import DEFAULT, env_name

FRESH = timedelta(minutes=2)  # a relay that nobody has tried for so long may be well again


def describe_relays(now: datetime) -> list[dict[str, Any]]:
    """Return every relay, in the order they are used; without any the one of the environment.

    ``state`` is ready, aside, full (for today), or off. There are no addresses of readers and no secrets in it.
    """
    troubles = {one.relay: one for one in RelayTrouble.objects.all()}
    used = _used(now)
    standing = list(StandingRelay.objects.order_by("priority", "code"))
    if not standing or settings.TRANSPORT != "smtp":
        return [_row(StandingRelay(code=DEFAULT, transport=settings.TRANSPORT), troubles, used, now)]
    return [_row(one, troubles, used, now) for one in standing]


def describe_pace(now: datetime) -> list[dict[str, Any]]:
    """Return every recipient domain that is limited or slowed down: its set rate, what it gets now, and why."""
    found: dict[str, dict[str, Any]] = {
        one.domain: {"domain": one.domain, "rate": one.rate, "slowed_to": None, "since": None, "words": ""}
        for one in DomainPace.objects.all()
    }
    rates = slowed(now)
    for one in SlowedDomain.objects.filter(domain__in=rates):
        row = found.setdefault(one.domain, {"domain": one.domain, "rate": found.get(EVERY, {}).get("rate", "")})
        row |= {"slowed_to": round(rates[one.domain], 2), "since": one.since, "words": one.words}
    return [found[domain] for domain in sorted(found)]


def _used(now: datetime) -> dict[str, int]:
    buckets = Bucket.objects.filter(name__startswith="relay:", day=now.date())
    return {name.removeprefix("relay:"): used for name, used in buckets.values_list("name", "used")}


def _row(
    relay: StandingRelay, troubles: dict[str, RelayTrouble], used: dict[str, int], now: datetime
) -> dict[str, Any]:
    cap = cap_of(relay.warm_up, relay.per_day, day=now.date())
    trouble = troubles.get(relay.code)
    counted = bool(relay.rate) or cap is not None
    full = cap is not None and used.get(relay.code, 0) >= cap
    return {
        "code": relay.code,
        "transport": relay.transport,
        "address": relay.address,
        "login": env_name(relay.code) in settings.RELAY_LOGINS,
        "state": _state(relay, aside=trouble is not None and trouble.until > now - FRESH, full=full),
        "priority": relay.priority,
        "weight": relay.weight,
        "rate": relay.rate,
        "connections": relay.connections,
        "per_connection": relay.per_connection,
        "cap_today": cap,
        "used_today": used.get(relay.code, 0) if counted else None,
        "words": trouble.words if trouble else "",
        "since": trouble.since if trouble else None,
        "next_try_at": trouble.until if trouble else None,
    }


def _state(relay: StandingRelay, *, aside: bool, full: bool) -> str:
    if not relay.active:
        return "off"
    if aside:
        return "aside"
    return "full" if full else "ready"
