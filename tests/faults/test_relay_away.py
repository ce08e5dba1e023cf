"""A relay that is away, hangs up, or hangs: nobody is lost, nothing burnt before the dot (F21, F22, F27, F28)."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from newsletter.delivery.deliver import deliver
from newsletter.delivery.relay import Relay
from newsletter.delivery.transports.smtp import Smtp
from tests.delivery.sink import sink
from tests.delivery.stage import sending_issue, states, to
from tests.faults.account import account
from tests.faults.drive import drive
from tests.faults.proxy import HANGING, PASSING, REFUSING, Proxy, proxy

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 4
MOST_PAUSE_SECONDS = 35.0  # the longest pause between tries is 30 s, and a timer may be late


def _impatient(port: int, *, answer_seconds: float) -> Smtp:
    relay = Relay("127.0.0.1", port, connect_seconds=1, command_seconds=1, answer_seconds=answer_seconds)
    return Smtp(relay, most=CONNECTIONS)


def _longest_pause(wire: Proxy) -> float:
    """The longest time in which nobody tried to connect, from the first refusal to the first that was let in."""
    refused, let_in = [at for at, passed in wire.knocks if not passed], [at for at, passed in wire.knocks if passed]
    tries = [*refused, let_in[0]]
    assert len(tries) > 2
    return max(later - earlier for earlier, later in pairwise(tries))


@pytest.mark.short
@pytest.mark.parametrize("away", [6.0])
def test_a_relay_that_refuses_connections_burns_no_attempt(away: float, tmp_path: Path) -> None:
    issue = sending_issue(readers=200)
    with sink(tmp_path) as relay, proxy(("127.0.0.1", relay.port)) as wire:
        wire.mode = REFUSING
        threading.Timer(away, lambda: setattr(wire, "mode", PASSING)).start()
        started = time.monotonic()
        drive(issue, lambda: to(wire.port, most=CONNECTIONS), slice_seconds=30)
        recovered = time.monotonic() - started - away
        remark = f"away {away:.0f} s, not 10 min: the pauses between tries end at 30 s in either case"
        account("F21", "relay refuses connections", issue, relay, recovered=recovered, remark=remark)
        assert _longest_pause(wire) < MOST_PAUSE_SECONDS
    assert states(issue) == {"accepted": 200}
    assert set(issue.deliveries.values_list("attempts", flat=True)) == {1}


@pytest.mark.parametrize("away", [600.0])
def test_a_relay_that_refuses_connections_for_ten_minutes(away: float, tmp_path: Path) -> None:
    issue = sending_issue(readers=200)
    with sink(tmp_path) as relay, proxy(("127.0.0.1", relay.port)) as wire:
        wire.mode = REFUSING
        threading.Timer(away, lambda: setattr(wire, "mode", PASSING)).start()
        started = time.monotonic()
        drive(issue, lambda: to(wire.port, most=CONNECTIONS), slice_seconds=50, seconds=away + 120)
        recovered = time.monotonic() - started - away
        account("F21", "relay refuses connections for 10 min", issue, relay, recovered=recovered)
        assert _longest_pause(wire) < MOST_PAUSE_SECONDS
    assert set(issue.deliveries.values_list("attempts", flat=True)) == {1}


@pytest.mark.short
@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("421 at connect, 5 times", {"at": {"greeting": {"say": "421 4.3.2 later", "cut": True, "times": 5}}}),
        ("421 to EHLO, 5 times", {"at": {"ehlo": {"say": "421 4.3.2 later", "cut": True, "times": 5}}}),
        ("421 to MAIL, every 7th", {"at": {"mail": {"say": "421 4.3.2 later", "cut": True, "every": 7}}}),
        ("421 to RCPT, every 7th", {"at": {"rcpt": {"say": "421 4.3.2 later", "cut": True, "every": 7}}}),
        ("421 to DATA, every 7th", {"at": {"data": {"say": "421 4.3.2 later", "cut": True, "every": 7}}}),
        ("421 after every 5th message", {"bye_after": 5}),
    ],
)
def test_a_421_burns_no_attempt(name: str, rules: dict[str, object], tmp_path: Path) -> None:
    issue = sending_issue(readers=150)
    with sink(tmp_path, **rules) as relay:
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS))
        account("F22", name, issue, relay, recovered=took)
    assert states(issue) == {"accepted": 150}
    assert set(issue.deliveries.values_list("attempts", flat=True)) == {1}


PHASES = ["greeting", "ehlo", "mail", "rcpt", "data", "body", "dot", "answer"]
HANDED_OVER = {"body", "dot", "answer"}


def _cut(phase: str, times: int, folder: Path) -> None:
    issue = sending_issue(readers=max(200, times * 2 + 100), kilobytes=8)
    every = 2 if phase in HANDED_OVER else 3
    with sink(folder, at={phase: {"cut": True, "every": every, "times": times}}) as relay:
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS), seconds=500, slice_seconds=50)
        cut = times if phase in HANDED_OVER else 0
        account("F27", f"disconnect in the phase {phase}", issue, relay, runs=times, cut=cut, recovered=took)
    found = states(issue)
    if phase in {"dot", "answer"}:
        assert found["in_doubt"] == times
    elif phase not in HANDED_OVER:
        assert set(found) == {"accepted"}


@pytest.mark.short
@pytest.mark.parametrize("phase", PHASES)
def test_a_disconnect_before_the_dot_delivers_once_and_after_it_is_in_doubt(phase: str, tmp_path: Path) -> None:
    _cut(phase, 20 if phase not in ("greeting", "ehlo") else 4, tmp_path)


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase not in ("greeting", "ehlo")])
def test_a_thousand_disconnects_in_each_phase(phase: str, tmp_path: Path) -> None:
    _cut(phase, 1000, tmp_path)


@pytest.mark.short
def test_a_wire_that_hangs_after_the_dot_leaves_one_in_doubt_a_connection(tmp_path: Path) -> None:
    issue = sending_issue(readers=400, kilobytes=8)
    with sink(tmp_path) as relay, proxy(("127.0.0.1", relay.port)) as wire:

        def hang() -> None:
            while len(relay.accepted()) < 60:
                time.sleep(0.005)
            wire.mode = HANGING
            time.sleep(3)
            wire.mode = PASSING

        thread = threading.Thread(target=hang)
        thread.start()
        took = drive(issue, lambda: _impatient(wire.port, answer_seconds=1))
        thread.join()
        account("F28", "half-open connections", issue, relay, cut=CONNECTIONS, recovered=took)


@pytest.mark.short
def test_a_tarpit_is_endured(tmp_path: Path) -> None:
    issue = sending_issue(readers=40)
    with sink(tmp_path, delay=0.5) as relay, proxy(("127.0.0.1", relay.port)) as wire:
        wire.delay = 0.05
        took = drive(issue, lambda: to(wire.port, most=8))
        account("F28", "every answer late, 50 ms a way and 0.5 s after the dot", issue, relay, recovered=took)
    assert states(issue) == {"accepted": 40}


@pytest.mark.short
@pytest.mark.parametrize("phase", ["greeting", "ehlo", "mail", "rcpt", "data"])
def test_a_relay_that_falls_silent_before_the_dot_costs_a_connection(phase: str, tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path, at={phase: {"every": 2, "times": 3}}) as relay:
        took = drive(issue, lambda: _impatient(relay.port, answer_seconds=10))
        account("F28", f"silence in the phase {phase}", issue, relay, runs=3, recovered=took)
    assert states(issue) == {"accepted": 60}


def test_slices_end_in_time_while_the_relay_is_away(tmp_path: Path) -> None:
    sending_issue(readers=10)
    with sink(tmp_path) as relay, proxy(("127.0.0.1", relay.port)) as wire:
        wire.mode = HANGING
        started = time.monotonic()
        deliver(place="t", transport=to(wire.port), seconds=2)
        assert time.monotonic() - started < 8
