"""All relays and the pace of domains from a TOML file, and back."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

import tomli_w
from django.db import transaction

from newsletter.catalogue.place import Place
from newsletter.delivery.pace.rate import per_second
from newsletter.delivery.relay import read_relay
from newsletter.delivery.relays.models import DomainPace, StandingRelay
from newsletter.delivery.rest import wake_from_rest
from newsletter.delivery.transports import TRANSPORTS
from newsletter.errors import Invalid

TOP = ("relay", "domain")
RELAY = (
    *("code", "transport", "address", "active", "priority", "weight", "connections", "per_connection"),
    *("rate", "per_day", "warm_up"),
)
WARM_UP = ("begins", "first", "growth", "days")
DOMAIN = ("name", "rate")
DOMAIN_NAME = re.compile(r"\*|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
MOST = 10**9
MOST_RELAYS = 100


def load(text: str, *, where: str) -> list[StandingRelay]:
    """Make the relays and domains of ``text`` the only ones, and return the relays.

    Raises ``Invalid`` naming the file, the key and what to write instead; then nothing is stored.
    """
    try:
        table = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"This is not TOML: {error}.", where=where, fix="Correct the file at the place named.") from None
    Place(where, "").known(table, TOP)
    relays = [_relay(one, at) for one, at in _tables(table, "relay", where)]
    domains = [_domain(one, at) for one, at in _tables(table, "domain", where)]
    _once([relay.code.casefold() for relay in relays], f"{where}: relay", "code")
    _once([domain.domain for domain in domains], f"{where}: domain", "name")
    with transaction.atomic():
        StandingRelay.objects.all().delete()
        DomainPace.objects.all().delete()
        StandingRelay.objects.bulk_create(relays)
        DomainPace.objects.bulk_create(domains)
        wake_from_rest()
    return list(StandingRelay.objects.all())


def dump() -> str:
    """Return the definition that ``load`` reads, every value written out."""
    table: dict[str, Any] = {}
    relays = [_written(relay) for relay in StandingRelay.objects.all()]
    domains = [{"name": one.domain, "rate": one.rate} for one in DomainPace.objects.all()]
    table |= {"relay": relays} if relays else {}
    table |= {"domain": domains} if domains else {}
    return tomli_w.dumps(table)


def _written(relay: StandingRelay) -> dict[str, Any]:
    fields = {key: getattr(relay, key) for key in RELAY if key != "warm_up"}
    plain = {key: value for key, value in fields.items() if value != "" or key not in ("address", "rate")}
    if relay.warm_up:
        plain["warm_up"] = {**relay.warm_up, "begins": date.fromisoformat(relay.warm_up["begins"])}
    return plain


def _tables(table: Mapping[str, Any], key: str, where: str) -> list[tuple[dict[str, Any], Place]]:
    found = table.get(key, [])
    if not isinstance(found, list) or len(found) > MOST_RELAYS or not all(isinstance(one, dict) for one in found):
        raise Place(where, "").wrong(key, f"{key} is no list of at most {MOST_RELAYS} tables", f"Write [[{key}]].")
    return [(one, Place(where, f"{key} {number}")) for number, one in enumerate(found, 1)]


def _once(names: list[str], where: str, key: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Invalid(f"{twice} stands there twice.", where=f"{where}.{key}", fix="Give each its own.")


def _relay(table: dict[str, Any], at: Place) -> StandingRelay:
    at.known(table, RELAY)
    transport = at.one_of(table, "transport", TRANSPORTS, "smtp")
    return StandingRelay(
        code=at.code(table.get("code", "")),
        transport=transport,
        address=_address(table, at, transport),
        active=at.flag(table, "active", default=True),
        priority=at.number(table, "priority", 1, least=1, most=99),
        weight=at.number(table, "weight", 1, least=0, most=1000),
        connections=at.number(table, "connections", 0, least=0, most=10_000),
        per_connection=at.number(table, "per_connection", 0, least=0, most=MOST),
        rate=_rate(table, at, ""),
        per_day=at.number(table, "per_day", 0, least=0, most=MOST),
        warm_up=_warm_up(at.table(table, "warm_up"), Place(at.where, f"{at.key}.warm_up")),
    )


def _address(table: dict[str, Any], at: Place, transport: str) -> str:
    if transport != "smtp":
        if table.get("address"):
            raise at.wrong("address", f"{transport} has no address", "Leave it out.")
        return ""
    address = at.text(table, "address", longest=500)
    try:
        relay = read_relay(address)
    except Invalid as error:
        fix = 'Write it like "smtp://relay.example.org:587?tls=starttls".'
        raise at.wrong("address", error.message.rstrip("."), fix) from None
    if relay.login is not None:
        raise at.wrong(
            "address", "name and password do not stand in a file", "Set NEWSLETTER_RELAY_LOGIN_<CODE> instead."
        )
    return address


def _rate(table: dict[str, Any], at: Place, default: str | None) -> str:
    rate = at.text(table, "rate", longest=20, default=default)
    try:
        return rate if not rate or per_second(rate) else ""
    except Invalid as error:
        raise at.wrong("rate", error.message.rstrip("."), error.fix) from None


def _warm_up(table: dict[str, Any], at: Place) -> dict[str, Any]:
    at.known(table, WARM_UP)
    if not table:
        return {}
    begins, growth = table.get("begins"), table.get("growth", 2.0)
    if not isinstance(begins, date):
        raise at.wrong("begins", f"{begins!r} is no day", "Write it like begins = 2026-12-01.")
    if isinstance(growth, bool) or not isinstance(growth, int | float) or not 1 <= growth <= 10:
        raise at.wrong("growth", f"{growth!r} is no number from 1 to 10", "Give how many times as many every day.")
    return {
        "begins": date(begins.year, begins.month, begins.day).isoformat(),
        "first": at.number(table, "first", 0, least=1, most=MOST),
        "growth": float(growth),
        "days": at.number(table, "days", 14, least=1, most=366),
    }


def _domain(table: dict[str, Any], at: Place) -> DomainPace:
    at.known(table, DOMAIN)
    name = at.matching({"name": str(table.get("name", "")).lower()}, "name", DOMAIN_NAME, None, 'a domain, or "*"')
    return DomainPace(domain=name, rate=_rate(table, at, None))
