"""One look at every part the service stands on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from newsletter.access.same_keys import check_keys, compare_keys
from newsletter.catalogue.models import Newsletter, Sender
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.dkim.keys import Key
from newsletter.delivery.dkim.ring import unsigned
from newsletter.delivery.epoch import check_not_held
from newsletter.delivery.knock import knock
from newsletter.delivery.presence import TICKER, WORKER, seen
from newsletter.delivery.relays.describe import describe_relays
from newsletter.delivery.relays.models import RelayBreak
from newsletter.delivery.relays.outlet import DEFAULT, Outlet, current_outlets
from newsletter.delivery.replies import LATELY, heard
from newsletter.delivery.watch_progress import progress
from newsletter.errors import NewsletterError, Unavailable
from newsletter.images.same_folder import check_folder
from newsletter.ingest.models import QuarantinedRecord, Source
from newsletter.issues.lifecycle import State
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.letters.models import Letter
from newsletter.management.plain import database_trouble, look_at_broker
from newsletter.management.probe import is_answering, probe_database

PATIENCE_SECONDS = 3
DATABASE = "database"
ALONE = frozenset({"redis", "disk"})  # need no database
LEAST_FREE_BYTES = 1 << 30
MOST_COMMIT_MILLISECONDS = 100.0
MOST_CLOCK_SECONDS = 2.0
LATEST_TICK_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, whether it is well, and one sentence about it."""

    name: str
    ok: bool
    detail: str


def examine(now: datetime) -> list[Part]:
    """Return every part with its state; never raises, takes some seconds at most, also where something hangs.

    Without a database that answers only the parts are asked that need none.
    """
    first = _examined(DATABASE, PARTS[DATABASE], now)
    answering = first.ok or is_answering()
    rest = [name for name in PARTS if name != DATABASE]
    return [first, *(_examined(name, PARTS[name] if answering or name in ALONE else _unseen, now) for name in rest)]


def _unseen(_: datetime) -> str:
    raise Unavailable("Not looked at: that takes a database that answers.")


def _examined(name: str, look: Callable[[datetime], str], now: datetime) -> Part:
    try:
        return Part(name, ok=True, detail=look(now))
    except NewsletterError as error:
        return Part(name, ok=False, detail=f"{error.message} {error.fix}".strip())
    except DatabaseError as error:
        trouble = database_trouble(error)
        return Part(name, ok=False, detail=f"{trouble.message} {trouble.fix}")
    except Exception as error:  # whatever is broken, the other parts are still told
        return Part(name, ok=False, detail=f"{type(error).__name__}: {error}".split("\n", 1)[0])


def _database(_: datetime) -> str:
    found = probe_database()
    if "off" in (found.synchronous_commit, found.fsync):
        raise NewsletterError(
            f"fsync={found.fsync}, synchronous_commit={found.synchronous_commit}.",
            fix="Set both on; the promise needs it.",
        )
    if found.commit_milliseconds > MOST_COMMIT_MILLISECONDS:
        raise NewsletterError(
            f"PostgreSQL is slow: a commit takes {found.commit_milliseconds:.0f} ms.",
            fix="Is the disk of its WAL busy, or the network slow? Every turn of a worker waits for one.",
        )
    locked = f", {found.deadlocks} deadlocks so far (tried again by themselves)" if found.deadlocks else ""
    return f"{found.version.split(' on ', 1)[0]}, a commit takes {found.commit_milliseconds:.1f} ms{locked}"


def _tables(_: datetime) -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise NewsletterError(f"{len(waiting)} migration(s) wait.", fix="Run `newsletter migrate`.")
    return "all migrations are applied"


def _keys(_: datetime) -> str:
    check_keys()
    known = compare_keys()
    unknown = [one.name for one in known if one.here == "missing"]
    lacking = f"; only other hosts know {', '.join(unknown)}" if unknown else ""
    return f"{len(known) - len(unknown)} as on every other host{lacking}"


def _redis(_: datetime) -> str:
    if not settings.REDIS_URL:
        raise NewsletterError("REDIS_URL is not set.", fix="Sending goes on without it, a little slower to start.")
    return look_at_broker(patience_seconds=PATIENCE_SECONDS)


def _disk(_: datetime) -> str:
    free = shutil.disk_usage(settings.HOME if settings.HOME.exists() else settings.HOME.anchor).free
    if free < LEAST_FREE_BYTES:
        raise NewsletterError(f"Only {free >> 20} MB are free.", fix="Free some space.")
    return f"{free >> 30} GB free"


def _images(_: datetime) -> str:
    check_folder()
    free = shutil.disk_usage(settings.MEDIA).free
    if free < LEAST_FREE_BYTES:
        raise NewsletterError(f"Only {free >> 20} MB are free for images.", fix="Free some space.")
    return f"the folder that every host uses, {free >> 30} GB free"


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
    stuck = next((one for one in progress() if one.is_stuck), None)
    if stuck is not None:
        raise NewsletterError(
            f"Issue {stuck.issue} is stuck: nothing of it has moved for {stuck.idle_seconds / 60:.0f} minutes.",
            fix="Look at the parts relays and workers, and at its newest replies in `newsletter deliveries`.",
        )
    for issue in Issue.objects.filter(state=State.PAUSED).order_by("pk"):
        last = HistoryEntry.objects.filter(issue=issue, act="pause").order_by("-pk").first()
        if last is not None and last.by == "system":
            raise NewsletterError(
                f"Issue {issue.pk} paused by itself: {issue.pause_reason}",
                fix=f"Set that right, then `newsletter resume {issue.pk}`.",
            )
    held = (
        Issue.objects.exclude(hold_reason="").filter(state__in=[State.DRAFT, State.APPROVED, State.SCHEDULED]).count()
    )
    paused = Issue.objects.filter(state=State.PAUSED).count()
    sending = Issue.objects.filter(state__in=[State.FREEZING, State.SENDING]).count()
    return f"{sending} sending, {paused} paused, {held} held"


def _clock(_: datetime) -> str:
    before = timezone.now()
    theirs = database_now()
    middle = before + (timezone.now() - before) / 2
    off = (middle - theirs).total_seconds()
    if abs(off) > MOST_CLOCK_SECONDS:
        raise NewsletterError(
            f"The clock of this machine is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the database's.",
            fix="Keep both by NTP. Leases, slots and sendings are safe, for only the database's clock counts for them.",
        )
    return f"{abs(off):.1f} s from the database's"


def _workers(now: datetime) -> str:
    found = seen()[WORKER]
    if found.alive:
        return f"{found.alive} alive"
    wait = Issue.objects.filter(state__in=[State.FREEZING, State.SENDING]).count()
    letters = Letter.objects.filter(state=Letter.State.QUEUED, written_at__lt=now - timedelta(minutes=1)).count()
    if wait or letters:
        last = f", the last was seen {found.seconds_ago / 60:.0f} minutes ago" if found.seconds_ago else ""
        raise NewsletterError(
            f"No worker is alive{last}; {wait} issues and {letters} letters wait.", fix="Start `newsletter worker`."
        )
    return "none is running, and nothing waits"


def _ticker(now: datetime) -> str:
    due = Issue.objects.filter(state=State.SCHEDULED, hold_reason="", send_at__lt=now - timedelta(minutes=2)).count()
    ago = seen()[TICKER].seconds_ago
    if due or (ago is not None and ago > LATEST_TICK_SECONDS):
        last = "The ticker has never run" if ago is None else f"The ticker last ran {ago / 60:.0f} minutes ago"
        raise NewsletterError(f"{last}; {due} issues are overdue.", fix="Start `newsletter beat`, or tick by cron.")
    return "has not run yet, and nothing is due" if ago is None else f"ran {ago:.0f} s ago"


def _replies(now: datetime) -> str:
    """What relays said in the last hour, where it was no yes."""
    kinds = heard(now=now)
    if kinds:
        told = "; ".join(f"{one.number} of the last {one.of} tries {one.means}: {one.words}" for one in kinds)
        raise NewsletterError(f"{told}.", fix="See `newsletter deliveries ISSUE`; what was put off is tried again.")
    return "nothing but yes worth telling in the last hour"


def _sending(_: datetime) -> str:
    check_not_held()
    return "not held"


def _relays(now: datetime) -> str:
    """Knock at every relay in use, those that are set aside too, and say what ails which."""
    rows = {row["code"]: row for row in describe_relays(now) if row["state"] != "off"}
    outlets = current_outlets(day=now.date())
    named = Sender.objects.exclude(relay="").exclude(relay__in=list(rows)).order_by("relay").first()
    if named is not None and DEFAULT not in rows:
        raise NewsletterError(
            f"A sender names the relay {named.relay}, which is not there.", fix="Load it, or name another."
        )
    told = [trouble for outlet in outlets if (trouble := _trouble_of(outlet, rows.get(outlet.code, {})))]
    if told:
        words = [message.rstrip(".") for message, _ in told]
        raise NewsletterError(f"{'; '.join(words)}.", fix=told[0][1])
    full = [code for code, row in rows.items() if row["state"] == "full"]
    breaks = "".join(
        f"; {one.relay} ended connections in the middle lately ({one.number} seen), so it goes on over new ones: "
        f"{one.words or 'without a word'}"
        for one in RelayBreak.objects.filter(last_at__gt=now - LATELY).order_by("relay")
    )
    return f"{len(outlets)} would take mail" + (f", full for today: {', '.join(full)}" if full else "") + breaks


def _trouble_of(outlet: Outlet, row: dict[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with a relay now and what to do, None when it would take mail."""
    place = "" if outlet.code == DEFAULT else f"{outlet.code}: "
    try:
        knock(outlet.transport)
    except Unavailable as error:
        return f"{place}{error.message}", error.fix
    if row.get("state") == "aside":
        return f"{outlet.code} is set aside: {row['words']}", "The others carry its share; see `newsletter relays`."
    return None


def _dkim(_: datetime) -> str:
    ring: dict[str, tuple[Key, ...]] = settings.DKIM_KEYS
    if not ring:
        return "mail is not signed here"
    if missing := unsigned(list(Sender.objects.all())):
        raise NewsletterError(
            f"No key signs mail from {', '.join(missing)}.",
            fix="Add one to NEWSLETTER_DKIM_KEYS; see `newsletter dkim`.",
        )
    return ", ".join(f"{key.selector}@{key.domain} ({key.algorithm})" for keys in ring.values() for key in keys)


PARTS: dict[str, Callable[[datetime], str]] = {
    DATABASE: _database,
    "tables": _tables,
    "keys": _keys,
    "redis": _redis,
    "disk": _disk,
    "images": _images,
    "newsletters": _newsletters,
    "sources": _sources,
    "issues": _issues,
    "relays": _relays,
    "sending": _sending,
    "replies": _replies,
    "workers": _workers,
    "ticker": _ticker,
    "clock": _clock,
    "dkim": _dkim,
}
