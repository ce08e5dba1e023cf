"""A relay as the deliverer uses it: the way there, and what it may be asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.conf import settings

from newsletter.delivery.pace.rate import Limit, per_second
from newsletter.delivery.pace.warm_up import cap_of
from newsletter.delivery.relay import read_relay
from newsletter.delivery.relays.models import StandingRelay
from newsletter.delivery.transport import Transport
from newsletter.delivery.transports import TRANSPORTS, current_transport
from newsletter.delivery.transports.smtp import Smtp
from newsletter.errors import Invalid

DEFAULT = "default"  # the relay of NEWSLETTER_SMTP_URL


@dataclass(frozen=True, slots=True)
class Outlet:
    """One relay. ``limit`` is None when it takes mail as fast as it goes; 0 connections or messages is any number."""

    code: str
    transport: Transport
    priority: int = 1
    weight: int = 1
    connections: int = 0
    per_connection: int = 0
    limit: Limit | None = None

    @property
    def name(self) -> str:
        """Return what attempts call it, "" where there is only one."""
        return "" if self.code == DEFAULT else self.code

    @property
    def for_issues(self) -> int:
        """Return how many of its connections issues may hold: one is left to letters, a single one is shared."""
        return max(1, self.connections - 1)

    @property
    def is_shared(self) -> bool:
        """Return whether issues and letters go over the same, single connection."""
        return self.connections == 1


def current_outlets(*, day: date) -> list[Outlet]:
    """Return the relays of this environment on a day in UTC, the first to be used first.

    Raises ``Invalid`` for a relay whose address cannot be read.
    """
    standing = list(StandingRelay.objects.filter(active=True).order_by("priority", "code"))
    if settings.TRANSPORT != "smtp" or not standing:
        return [Outlet(DEFAULT, current_transport())]
    return [_outlet(relay, day) for relay in standing]


def limit_of(relay: StandingRelay, day: date) -> Limit | None:
    """Return what a relay may take on a day, None for as much as it can."""
    cap = cap_of(relay.warm_up, relay.per_day, day=day)
    if not relay.rate and cap is None:
        return None
    return Limit(f"relay:{relay.code}", per_second(relay.rate) if relay.rate else 0.0, cap)


def _outlet(relay: StandingRelay, day: date) -> Outlet:
    return Outlet(
        code=relay.code,
        transport=_transport(relay),
        priority=relay.priority,
        weight=relay.weight,
        connections=relay.connections,
        per_connection=relay.per_connection,
        limit=limit_of(relay, day),
    )


def _transport(relay: StandingRelay) -> Transport:
    if relay.transport != "smtp":
        return TRANSPORTS[relay.transport]()
    try:
        address = read_relay(relay.address)
    except Invalid as error:
        raise Invalid(error.message, where=f"relay {relay.code}", fix=error.fix) from None
    login = settings.RELAY_LOGINS.get(env_name(relay.code))
    return Smtp(
        replace(address, login=login), most=min(settings.CONNECTIONS, relay.connections or settings.CONNECTIONS)
    )


def env_name(code: str) -> str:
    """Return a code as the names of settings write it: mail-2 is MAIL_2."""
    return code.upper().replace("-", "_")
