"""Clock changes, tickers that were away, many tickers at once: each slot goes out once, to everybody (F33-F35)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from newsletter.catalogue.models import Newsletter
from newsletter.delivery.control import send
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Delivery, DeliveryState
from newsletter.delivery.tick import tick
from newsletter.issues.lifecycle import State
from newsletter.issues.models import HistoryEntry, Issue
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import add_readers, database_url, to
from tests.factories import make_article, make_newsletter
from tests.faults.account import Line, write
from tests.faults.drive import drive

pytestmark = pytest.mark.django_db(transaction=True)
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
READERS = 5
LEAD, CUT_OFF = timedelta(hours=3), timedelta(hours=1)


def _daily(start: datetime, *, days: int, **given: object) -> Newsletter:
    """A newsletter that goes out every day by itself, with something to say on each, known since ``start``."""
    plain = {"draft_lead": LEAD, "cut_off": CUT_OFF, "approval": "automatic", "weekdays": EVERY_DAY}
    newsletter = make_newsletter(**{**plain, **given})
    Newsletter.objects.update(created_at=start)
    for hour in range(-6, 24 * (days + 1), 6):
        at = start + timedelta(hours=hour)
        make_article(first_ingested_at=at, available_at=at, updated_at=at, published_on=at.date())
    add_readers(newsletter, READERS)
    return newsletter


def _send_all(relay: Sink) -> None:
    """Do what the workers do: freeze what was let go, and hand it over."""
    for issue in Issue.objects.filter(state=State.FREEZING):
        assert freeze(issue.pk, now=timezone.now()).complete
        drive(issue, lambda: to(relay.port))


def _account(fault: str, what: str, relay: Sink, *, runs: int, slots: int, remark: str = "") -> None:
    """Each slot has one issue and every reader one copy of each; the history tells every step once."""
    copies = Counter(relay.accepted())
    issues = list(Issue.objects.filter(kind=Issue.Kind.REGULAR))
    rows = Counter(Delivery.objects.values_list("state", flat=True))
    expected = slots * READERS
    write(
        Line(
            fault,
            what,
            runs=runs,
            readers=expected,
            second_copies=sum(max(0, times - slots) for times in copies.values()),
            lost=expected - rows[DeliveryState.ACCEPTED],
            in_doubt=rows[DeliveryState.IN_DOUBT],
            cut=0,
            remark=remark,
        )
    )
    assert sorted(copies.values()) == [slots] * READERS
    sent = [issue for issue in issues if issue.state == State.SENT]
    assert len({issue.slot for issue in issues}) == len(issues)
    assert len(sent) == slots
    for issue in sent:
        acts = Counter(HistoryEntry.objects.filter(issue=issue).values_list("act", flat=True))
        assert {act: acts[act] for act in ("draft", "approve", "send", "begin", "finish")} == dict.fromkeys(
            ("draft", "approve", "send", "begin", "finish"), 1
        )


CHANGES = [
    ("America/New_York", date(2026, 11, 1), "01:30"),
    ("America/New_York", date(2027, 3, 14), "02:30"),
    ("Europe/Berlin", date(2026, 10, 25), "02:30"),
    ("Europe/Berlin", date(2027, 3, 28), "02:30"),
    ("Australia/Lord_Howe", date(2026, 10, 4), "02:15"),
    ("Australia/Lord_Howe", date(2027, 4, 4), "01:45"),
    ("Asia/Beirut", date(2026, 10, 25), "23:30"),
    ("Asia/Beirut", date(2027, 3, 28), "00:30"),
    ("America/Santiago", date(2026, 9, 6), "00:30"),
    ("America/Santiago", date(2027, 4, 3), "23:30"),
]


@pytest.mark.parametrize(
    ("zone", "day", "at"),
    [
        pytest.param(*one, id=f"{one[0]}-{one[1]}", marks=[pytest.mark.short] * (n == 7))
        for n, one in enumerate(CHANGES)
    ],
)
def test_around_a_clock_change_every_local_day_has_its_slot_once(zone: str, day: date, at: str, tmp_path: Path) -> None:
    """A turn every 20 minutes from the day before to the day after; the hour in question is not there, or twice."""
    start = datetime.combine(day - timedelta(days=1), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    _daily(start, days=3, zone=zone, at=at)
    end = datetime.combine(day + timedelta(days=2), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    turns, now = 0, start
    with sink(tmp_path) as relay:
        while now < end:
            tick(now)
            _send_all(relay)
            turns, now = turns + 1, now + timedelta(minutes=20)
        local = {issue.slot.astimezone(ZoneInfo(zone)).date() for issue in Issue.objects.filter(state=State.SENT)}
        assert local == {day + timedelta(days=n) for n in (-1, 0, 1)}
        _account("F33", f"{zone}, clock change of {day}, at {at}", relay, runs=turns, slots=3)


SLOT = datetime(2026, 11, 26, 14, tzinfo=UTC)


@pytest.mark.short
def test_a_ticker_that_was_away_for_five_minutes_sends_the_slot_once(tmp_path: Path) -> None:
    _daily(SLOT - timedelta(days=1), days=2, zone="UTC", at="14:00")
    with sink(tmp_path) as relay:
        for minutes in (*range(-240, 0, 20), -1, 4, 5, 6, 20):
            tick(SLOT + timedelta(minutes=minutes))
            _send_all(relay)
        _account("F34", "ticker away for 5 min around a slot", relay, runs=1, slots=1)


def test_slots_missed_in_eight_hours_go_out_late_where_that_is_allowed(tmp_path: Path) -> None:
    """Away from before the draft was opened: it is made up for, sealed and sent, once."""
    _daily(SLOT - timedelta(days=1), days=2, zone="UTC", at="14:00", late=timedelta(hours=12))
    with sink(tmp_path) as relay:
        for minutes in (-5 * 60, -4 * 60, 4 * 60, 4 * 60 + 1, 4 * 60 + 20):
            tick(SLOT + timedelta(minutes=minutes))
            _send_all(relay)
        _account("F34", "ticker away for 8 h around draft and slot, late allowed", relay, runs=1, slots=1)


@pytest.mark.short
def test_a_slot_missed_for_longer_than_allowed_waits_for_a_person_and_goes_out_once(tmp_path: Path) -> None:
    _daily(SLOT - timedelta(days=1), days=2, zone="UTC", at="14:00", late=timedelta(hours=6))
    with sink(tmp_path) as relay:
        for minutes in (*range(-240, -20, 20), 460, 461, 480):
            tick(SLOT + timedelta(minutes=minutes))
            _send_all(relay)
        issue = Issue.objects.get(slot=SLOT)
        assert (issue.state, issue.hold_reason) == (State.APPROVED, "late")
        send(issue.pk, by="ada", now=SLOT + timedelta(hours=8, minutes=10))
        _send_all(relay)
        _account("F34", "ticker away for 8 h, later than allowed", relay, runs=1, slots=1, remark="a person sent it")


def test_hourly_slots_missed_in_eight_hours_are_made_up_for_in_one(tmp_path: Path) -> None:
    """Eight issues at once would help nobody; what they would have held is in the newest."""
    start = SLOT - timedelta(hours=12)
    _daily(
        start,
        days=1,
        zone="UTC",
        weekdays=[],
        cron="0 * * * *",
        draft_lead=timedelta(minutes=50),
        cut_off=timedelta(minutes=10),
        late=timedelta(hours=12),
    )
    for hour in range(-12, 12):
        at = SLOT + timedelta(hours=hour, minutes=5)
        make_article(first_ingested_at=at, available_at=at, updated_at=at, published_on=at.date())
    away = range(-120, 361, 10)
    with sink(tmp_path) as relay:
        for minutes in (one for one in range(-240, 481, 10) if one not in away):
            tick(SLOT + timedelta(minutes=minutes))
            _send_all(relay)
        sent = list(Issue.objects.filter(state=State.SENT).order_by("slot"))
        assert sent == list(Issue.objects.filter(slot__lte=SLOT + timedelta(hours=8)).order_by("slot"))
        _account("F34", "ticker away for 8 h, hourly slots", relay, runs=1, slots=len(sent))
    for earlier, later in pairwise(sent):
        assert later.window_from == earlier.window_to  # nothing fell between two issues


class Tickers:
    """Five processes that turn the clock at the same instant."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def tick(self, now: datetime) -> None:
        """Have all of them turn it; returns when the last one has."""
        for one in self._processes:
            assert one.stdin is not None
            one.stdin.write(now.isoformat() + "\n")
            one.stdin.flush()
        self.wait("done")

    def wait(self, word: str) -> None:
        """Wait until each has said so."""
        for one in self._processes:
            assert one.stdout is not None
            assert one.stdout.readline().strip() == word


@contextmanager
def _tickers(number: int, log: Path) -> Iterator[Tickers]:
    environment = {**os.environ, "DATABASE_URL": database_url()}
    with ExitStack() as stack:
        out = stack.enter_context(log.open("w"))
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.ticking"],
                    env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, text=True,
                )
            )
            for _ in range(number)
        ]  # fmt: skip
        these = Tickers(processes)
        these.wait("ready")
        yield these
        for one in processes:
            assert one.stdin is not None
            one.stdin.close()
            assert one.wait(30) == 0


@pytest.mark.parametrize(
    ("days", "minutes"), [pytest.param(1, 60, marks=pytest.mark.short), pytest.param(7, 60, id="long")]
)
def test_five_tickers_at_once_send_each_slot_once(days: int, minutes: int, tmp_path: Path) -> None:
    start = SLOT - timedelta(hours=5)
    _daily(start, days=days, zone="UTC", at="14:00")
    turns = 0
    with sink(tmp_path) as relay, _tickers(5, tmp_path / "tickers.log") as tickers:
        now = start
        while now < start + timedelta(days=days):
            tickers.tick(now)
            _send_all(relay)
            turns, now = turns + 1, now + timedelta(minutes=minutes)
        _account("F35", "five tickers at once", relay, runs=turns, slots=days)
    assert "Traceback" not in (tmp_path / "tickers.log").read_text()
