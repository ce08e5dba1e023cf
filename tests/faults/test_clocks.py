"""Hosts whose clocks are two hours off, either way: the database's clock decides (F32)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from newsletter.delivery.control import pull_back
from newsletter.delivery.models import Attempt
from newsletter.issues.lifecycle import State, find
from newsletter.issues.models import Issue
from newsletter.issues.schedule import schedule
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, make_issue, states
from tests.faults.account import account
from tests.faults.approved import approved
from tests.faults.clocks import missing, wrong_clock
from tests.faults.drive import is_sent, let_time_pass
from tests.workers.crew import NOBODY, broker_of_our_own, crew, wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(missing()), reason=missing() or "nothing"),
]
CONNECTIONS = 8
TWO_HOURS = ("+2h", "-2h")


def _run(words: list[str], *, off: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the command on a host whose clock is off."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": NOBODY, **wrong_clock(off, folder)}
    return subprocess.run(
        [sys.executable, "-m", "newsletter", *words, "--json"], env=environment, capture_output=True, check=False
    )


@pytest.mark.parametrize("first", TWO_HOURS)
def test_workers_four_hours_apart_share_a_sending_and_take_over_from_a_dead_one(first: str, tmp_path: Path) -> None:
    """The one is killed and the other, whose clock is four hours off from it, takes its chunk back at once."""
    other = next(off for off in TWO_HOURS if off != first)
    issue = make_issue(readers=5000, kilobytes=4)
    rules = {"rcpt": {"777@readers": ["451 4.2.0 later", 1]}, "delay": 0.02}
    with sink(tmp_path, **rules) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        worker = start(connections=CONNECTIONS, **wrong_clock(first, tmp_path))
        wait_until(lambda: len(relay.accepted()) >= 300, seconds=90, every=0.01)
        start(connections=CONNECTIONS, **wrong_clock(other, tmp_path))
        time.sleep(3)
        worker.kill()
        struck = time.monotonic()
        while not is_sent(issue):
            let_time_pass()
            assert time.monotonic() - struck < 180
            time.sleep(0.5)
        recovered = time.monotonic() - struck
        account(
            "F32",
            f"workers at {first} and {other}, the first killed",
            issue,
            relay,
            cut=CONNECTIONS,
            recovered=recovered,
        )
    last = Attempt.objects.filter(delivery__issue=issue).order_by("-at").first()
    assert last is not None
    assert abs(last.at - timezone.now()) < timedelta(minutes=5)


@pytest.mark.parametrize("off", ["+2h", pytest.param("-2h", marks=pytest.mark.short)])
def test_what_a_command_writes_is_the_time_of_the_database(off: str, tmp_path: Path) -> None:
    """``send --expires 1h``: on a host two hours behind it would be over before it began."""
    issue = approved(readers=20)
    done = _run(["send", str(issue.pk), "--expires", "1h"], off=off, folder=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    issue = find(issue.pk)
    assert issue.sending_at is not None
    assert issue.expires_at is not None
    assert abs(issue.sending_at - timezone.now()) < timedelta(minutes=5)
    assert issue.expires_at - issue.sending_at == timedelta(hours=1)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start(connections=CONNECTIONS, **wrong_clock(off, tmp_path))
        wait_until(lambda: is_sent(issue), seconds=90)
        account("F32", f"sent with an expiry of 1 h by a host at {off}", issue, relay)
    assert states(issue) == {"accepted": 20}


@pytest.mark.parametrize("off", TWO_HOURS)
def test_a_ticker_with_a_wrong_clock_sends_at_the_time_of_the_database(off: str, tmp_path: Path) -> None:
    now = timezone.now()
    issue = approved(readers=20)
    schedule(issue.pk, at=now + timedelta(hours=1), by="ada", now=now)
    early = _run(["tick"], off=off, folder=tmp_path)
    assert (early.returncode, json.loads(early.stdout)["sent"]) == (0, [])
    Issue.objects.filter(pk=issue.pk).update(send_at=now - timedelta(minutes=1))
    due = _run(["tick"], off=off, folder=tmp_path)
    assert (due.returncode, json.loads(due.stdout)["sent"]) == (0, [issue.pk])
    again = _run(["tick"], off=off, folder=tmp_path)
    assert json.loads(again.stdout)["sent"] == []
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start(connections=CONNECTIONS)
        wait_until(lambda: is_sent(issue), seconds=90)
        account("F32", f"ticker at {off}", issue, relay)
    assert states(issue) == {"accepted": 20}


@pytest.mark.parametrize("off", TWO_HOURS)
def test_a_cool_off_asked_for_by_a_host_with_a_wrong_clock_lasts_as_long_as_it_should(off: str, tmp_path: Path) -> None:
    issue = approved(readers=1)
    done = _run(["send", str(issue.pk), "--cool-off", "10m"], off=off, folder=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    until = find(issue.pk).cool_off_until
    assert until is not None
    assert abs(until - timezone.now() - timedelta(minutes=10)) < timedelta(minutes=2)
    pull_back(issue.pk, by="ada", now=timezone.now())


@pytest.mark.parametrize("off", TWO_HOURS)
def test_the_metronome_of_a_host_with_a_wrong_clock_is_heard(off: str, tmp_path: Path) -> None:
    """A beat carries when it ends by the clock of whoever sent it: two hours behind, it would be over on arrival."""
    now, broker = timezone.now(), broker_of_our_own()
    issue = approved(readers=20)
    schedule(issue.pk, at=now + timedelta(minutes=1), by="ada", now=now)
    Issue.objects.filter(pk=issue.pk).update(send_at=now - timedelta(minutes=1))
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": broker,
        **wrong_clock(off, tmp_path),
    }
    with (
        sink(tmp_path) as relay,
        crew(relay.port, tmp_path / "worker.log") as start,
        (tmp_path / "beat.log").open("w") as log,
        subprocess.Popen([sys.executable, "-m", "newsletter", "beat"], env=environment, stdout=log, stderr=log) as beat,
    ):
        stop = threading.Timer(150, beat.kill)
        stop.start()
        try:
            start(connections=CONNECTIONS, broker=broker)
            wait_until(lambda: find(issue.pk).state != State.SCHEDULED, seconds=90)
        finally:
            stop.cancel()
            beat.kill()
        wait_until(lambda: is_sent(issue), seconds=90)
        account("F32", f"metronome at {off}", issue, relay)
