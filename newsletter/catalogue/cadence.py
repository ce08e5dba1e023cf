"""When the next issue is due: weekdays and a local time, or a cron expression, in the newsletter's zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Refused

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_BACK_DAYS = (8, 35, 400, 3000)  # the last finds the 29th of February, also around the year 2100


@dataclass(frozen=True, slots=True)
class Slot:
    """One appearance the cadence asks for, as UTC instants."""

    at: datetime
    draft_at: datetime
    cut_off_at: datetime


def next_slot(newsletter: Newsletter, *, after: datetime) -> Slot:
    """Return the first slot later than ``after``; raises ``Refused`` for a newsletter without a cadence."""
    found = slots(newsletter, after=after, count=1)
    if not found:
        raise Refused(
            f"{newsletter.code} has no slot to come.",
            code="no_cadence",
            where="cadence",
            fix="Give it weekdays and a time, or name the instant with --at.",
        )
    return found[0]


def slots(newsletter: Newsletter, *, after: datetime, count: int) -> list[Slot]:
    """Return the next ``count`` slots later than ``after``; none without a cadence.

    A local time that the clock change skips moves to the first valid instant; a doubled one is taken once, at its
    first occurrence. So every local date of the cadence has its slot exactly once.
    """
    return [_slot(newsletter, at) for at in islice(_instants(newsletter, after), count)]


def previous_slot(newsletter: Newsletter, *, before: datetime) -> Slot | None:
    """Return the last slot earlier than ``before``, when there is one within eight years."""
    last = None
    for days in LOOK_BACK_DAYS:
        for at in _instants(newsletter, before - timedelta(days=days)):
            if at >= before:
                break
            last = at
        if last is not None:
            return _slot(newsletter, last)
    return None


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return local ``day`` and ``at`` as UTC: in a gap the first valid instant, when doubled the first one."""
    early = datetime.combine(day, at, zone).replace(fold=0)
    there = early.astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) == early.replace(tzinfo=None):
        return there
    return _end_of_gap(early, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clock jumps over ``local`` (bisection to the second)."""
    low, high = local.astimezone(UTC) - timedelta(hours=26), local.astimezone(UTC) + timedelta(hours=26)
    wall = local.replace(tzinfo=None)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _instants(newsletter: Newsletter, after: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(newsletter.zone)
    start = after.astimezone(zone).replace(tzinfo=None) - timedelta(days=2)
    seen = after
    for local in _cron_times(newsletter.cron, start) if newsletter.cron else _weekday_times(newsletter, start):
        at = instant(local.date(), local.time(), zone)
        if at > seen:
            seen = at
            yield at


def _weekday_times(newsletter: Newsletter, start: datetime) -> Iterator[datetime]:
    days = {WEEKDAYS.index(day) for day in newsletter.weekdays}
    if not days:
        return
    at = time.fromisoformat(newsletter.at)
    day = start.date()
    while True:
        if day.weekday() in days:
            yield datetime.combine(day, at)
        day += timedelta(days=1)


def _cron_times(expression: str, start: datetime) -> Iterator[datetime]:
    """Walk the expression on naive local time; the clock change is ours to settle."""
    try:
        yield from CronSim(expression, start)
    except CronSimError:
        return


def _slot(newsletter: Newsletter, at: datetime) -> Slot:
    return Slot(at, at - newsletter.draft_lead, at - newsletter.cut_off)
