"""One look at every part the service stands on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from newsletter.catalogue.models import Newsletter, Sender
from newsletter.delivery.epoch import check_not_held
from newsletter.delivery.relays.describe import describe_relays
from newsletter.delivery.relays.outlet import DEFAULT
from newsletter.errors import NewsletterError
from newsletter.ingest.models import QuarantinedRecord, Source
from newsletter.issues.lifecycle import State
from newsletter.issues.models import Issue

PATIENCE_SECONDS = 3
LEAST_FREE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, whether it is well, and one sentence about it."""

    name: str
    ok: bool
    detail: str


def examine(now: datetime) -> list[Part]:
    """Return every part with its state; never raises, takes a few seconds at most."""
    return [_examined(name, look, now) for name, look in PARTS.items()]


def _examined(name: str, look: Callable[[datetime], str], now: datetime) -> Part:
    try:
        return Part(name, ok=True, detail=look(now))
    except NewsletterError as error:
        return Part(name, ok=False, detail=f"{error.message} {error.fix}".strip())
    except Exception as error:  # whatever is broken, the other parts are still told
        return Part(name, ok=False, detail=f"{type(error).__name__}: {error}".split("\n", 1)[0])


def _database(_: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select version(), current_setting('synchronous_commit'), current_setting('fsync')")
        version, commit, fsync = cursor.fetchone()
    if (commit, fsync) == ("off", "off") or fsync == "off":
        raise NewsletterError(f"fsync={fsync}, synchronous_commit={commit}.", fix="Set both on; the promise needs it.")
    return str(version).split(" on ", 1)[0]


def _tables(_: datetime) -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise NewsletterError(f"{len(waiting)} migration(s) wait.", fix="Run `newsletter migrate`.")
    return "all migrations are applied"


def _redis(_: datetime) -> str:
    if not settings.REDIS_URL:
        raise NewsletterError("REDIS_URL is not set.", fix="Sending goes on without it, a little slower to start.")
    server = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
    with server:
        policy = server.config_get("maxmemory-policy").get("maxmemory-policy", "unknown")
        return f"answers; {policy}"


def _disk(_: datetime) -> str:
    free = shutil.disk_usage(settings.HOME if settings.HOME.exists() else settings.HOME.anchor).free
    if free < LEAST_FREE_BYTES:
        raise NewsletterError(f"Only {free >> 20} MB are free.", fix="Free some space.")
    return f"{free >> 30} GB free"


def _newsletters(_: datetime) -> str:
    return f"{Newsletter.objects.count()} loaded"


def _sources(_: datetime) -> str:
    pulled = Source.objects.filter(active=True).exclude(address="")
    broken = pulled.filter(failures__gte=3).order_by("code").first()
    if broken is not None:
        raise NewsletterError(
            f"{broken.code} failed {broken.failures} times in a row: {broken.trouble}", fix="See `newsletter sources`."
        )
    return f"{pulled.count()} pulled, {QuarantinedRecord.objects.filter(discarded_at=None).count()} records refused"


def _issues(_: datetime) -> str:
    held = (
        Issue.objects.exclude(hold_reason="").filter(state__in=[State.DRAFT, State.APPROVED, State.SCHEDULED]).count()
    )
    paused = Issue.objects.filter(state=State.PAUSED).count()
    sending = Issue.objects.filter(state__in=[State.FREEZING, State.SENDING]).count()
    return f"{sending} sending, {paused} paused, {held} held"


def _sending(_: datetime) -> str:
    check_not_held()
    return "not held"


def _relays(now: datetime) -> str:
    rows = [row for row in describe_relays(now) if row["state"] != "off"]
    aside = [f"{row['code']} is set aside: {row['words']}" for row in rows if row["state"] == "aside"]
    if aside:
        raise NewsletterError("; ".join(aside), fix="The others carry its share; see `newsletter relays`.")
    full = [row["code"] for row in rows if row["state"] == "full"]
    named = Sender.objects.exclude(relay="").exclude(relay__in=[row["code"] for row in rows])
    if rows[:1] != [] and rows[0]["code"] != DEFAULT and named.exists():
        lost = named.values_list("relay", flat=True)[0]
        raise NewsletterError(f"A sender names the relay {lost}, which is not there.", fix="Load it, or name another.")
    return f"{len(rows)} ready" + (f", full for today: {', '.join(full)}" if full else "")


PARTS: dict[str, Callable[[datetime], str]] = {
    "database": _database,
    "tables": _tables,
    "redis": _redis,
    "disk": _disk,
    "newsletters": _newsletters,
    "sources": _sources,
    "issues": _issues,
    "relays": _relays,
    "sending": _sending,
}
