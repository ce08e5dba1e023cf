"""The broker dies, forgets, is away, hangs, is slow, is full, repeats itself: everything is sent once (F7-F13)."""

from __future__ import annotations

import json
import os
import random as chance
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis

from newsletter.issues.models import Issue
from tests.delivery.sink import sink
from tests.delivery.stage import make_issue
from tests.faults.account import account
from tests.faults.drive import is_sent
from tests.faults.parts import Parts, own_parts
from tests.faults.proxy import HANGING, PASSING, proxy
from tests.workers.crew import NOBODY, broker_of_our_own, crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 8
PATIENCE = 90.0
TURNS = 4


def _client(parts: Parts) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(parts.place.run / "valkey.sock"), socket_timeout=2)


def _through(wire: Path) -> str:
    return f"unix://{wire}?db=0"


def _send(issue: Issue, folder: Path, broker: str) -> float:
    """One worker sends the issue; returns the seconds of its fastest half, by the relay's clock."""
    with sink(folder) as relay, crew(relay.port, folder / "worker.log") as start:
        start(connections=CONNECTIONS, broker=broker)
        wait_until(lambda: is_sent(issue), seconds=PATIENCE)
        begun = sorted(second for _, second in relay.seen())
    half = len(begun) // 2
    return min(last - first for first, last in zip(begun, begun[half:], strict=False))


@pytest.mark.short
def test_a_broker_killed_midway_stops_nothing(tmp_path: Path) -> None:
    issue = make_issue(readers=3000, kilobytes=10)
    with own_parts(tmp_path / "own", database=False) as parts, sink(tmp_path) as relay:
        with crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS, broker=parts.redis_url)
            wait_until(lambda: len(relay.accepted()) >= 300, seconds=60, every=0.01)
            parts.kill_redis()
            struck = time.monotonic()
            wait_until(lambda: is_sent(issue), seconds=PATIENCE)
        account("F7", "SIGKILL of Redis midway", issue, relay, recovered=time.monotonic() - struck)


def test_a_broker_that_forgets_everything_again_and_again_stops_nothing(tmp_path: Path) -> None:
    issue, marks = make_issue(readers=20_000, kilobytes=10), range(1000, 18_000, 4000)
    with own_parts(tmp_path / "own", database=False) as parts, sink(tmp_path, delay=0.01) as relay:
        with crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS, broker=parts.redis_url)
            for mark in marks:
                wait_until(lambda mark=mark: len(relay.accepted()) >= mark, seconds=PATIENCE, every=0.02)  # type: ignore[misc]
                with _client(parts) as client:
                    client.flushall()
                assert not is_sent(issue)
            wait_until(lambda: is_sent(issue), seconds=PATIENCE)
        account("F8", "FLUSHALL again and again", issue, relay, runs=len(marks))


def test_a_whole_send_without_a_broker_keeps_four_fifths_of_the_rate(tmp_path: Path) -> None:
    """The issues are alike and are sent in turns, first one way, then the other.

    What else the machine does only ever slows, so the fastest of each count.
    """
    took: dict[str, list[float]] = {"with": [], "without": []}
    last = None
    for turn in range(TURNS):
        for way in ("with", "without") if turn % 2 else ("without", "with"):
            issue = make_issue(getattr(last, "newsletter", None), readers=0 if last else 12_000, kilobytes=10)
            folder = tmp_path / f"{way}{turn}"
            took[way].append(_send(issue, folder, broker_of_our_own() if way == "with" else NOBODY))
            last = issue
    ratio = min(took["with"]) / min(took["without"])
    print(json.dumps({"rate_without_broker": round(ratio, 2), **took}))
    assert ratio >= 0.8
    issue = make_issue(last and last.newsletter, readers=0, kilobytes=10)
    with sink(tmp_path / "last") as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start(connections=CONNECTIONS, broker=NOBODY)
        wait_until(lambda: is_sent(issue), seconds=PATIENCE)
        account("F9", "Redis away for the whole send", issue, relay, remark=f"rate {ratio:.0%} of that with Redis")


WAKES = """
import django, json, time
django.setup()
from newsletter.delivery.wake import wake
times, waker = [], wake()
for _ in range(3):
    start = time.monotonic()
    waker.deliver(1)
    times.append(time.monotonic() - start)
print(json.dumps(times))
"""


def _longest_wake(broker: str) -> float:
    """The longest of three wake-ups, as a request to the web would make them."""
    environment = {**os.environ, "REDIS_URL": broker, "DJANGO_SETTINGS_MODULE": "newsletter.settings"}
    environment["NEWSLETTER_WAKE"] = "workers.wake.CeleryWake"
    done = subprocess.run([sys.executable, "-c", WAKES], env=environment, capture_output=True, text=True, check=True)
    return float(max(json.loads(done.stdout)))


def _health(broker: str) -> str:
    """What the doctor says about Redis."""
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "doctor", "--json"],
        env={**os.environ, "REDIS_URL": broker},
        capture_output=True,
        text=True,
        check=False,
    )
    [part] = [one for one in json.loads(done.stdout)["parts"] if one["name"] == "redis"]
    return "well" if part["ok"] else str(part["detail"])


@pytest.mark.short
def test_a_hung_broker_holds_no_request_up_and_is_named_while_the_issue_goes_out(tmp_path: Path) -> None:
    issue = make_issue(readers=600, kilobytes=10)
    with own_parts(tmp_path / "own", database=False) as parts, sink(tmp_path) as relay:
        os.kill(parts.redis_pid, signal.SIGSTOP)
        try:
            longest, words = _longest_wake(parts.redis_url), _health(parts.redis_url)
            with crew(relay.port, tmp_path / "worker.log") as start:
                start(connections=CONNECTIONS, broker=parts.redis_url)
                started = time.monotonic()
                wait_until(lambda: is_sent(issue), seconds=PATIENCE)
        finally:
            os.kill(parts.redis_pid, signal.SIGCONT)
        account("F10", "Redis hung from the start", issue, relay, recovered=time.monotonic() - started)
    assert longest <= 3
    assert words.startswith("Redis hangs: ")


def test_a_broker_that_answers_after_200_ms_stops_nothing(tmp_path: Path) -> None:
    issue = make_issue(readers=2000, kilobytes=10)
    with own_parts(tmp_path / "own", database=False) as parts, sink(tmp_path) as relay:
        listen = parts.place.run / "slow.sock"
        with proxy(parts.place.run / "valkey.sock", listen=listen) as wire:
            wire.delay = 0.2
            longest, words = _longest_wake(_through(listen)), _health(_through(listen))
            with crew(relay.port, tmp_path / "worker.log") as start:
                start(connections=CONNECTIONS, broker=_through(listen))
                wait_until(lambda: is_sent(issue), seconds=PATIENCE)
            account("F11", "Redis slow, 200 ms a way", issue, relay)
    assert longest <= 3
    assert "slow" in words


def test_a_broker_that_hangs_midway_and_comes_back_stops_nothing(tmp_path: Path) -> None:
    issue = make_issue(readers=6000, kilobytes=10)
    with own_parts(tmp_path / "own", database=False) as parts, sink(tmp_path) as relay:
        listen = parts.place.run / "half.sock"
        with proxy(parts.place.run / "valkey.sock", listen=listen) as wire:
            with crew(relay.port, tmp_path / "worker.log") as start:
                start(connections=CONNECTIONS, broker=_through(listen))
                wait_until(lambda: len(relay.accepted()) >= 300, seconds=60, every=0.01)
                wire.mode = HANGING
                threading.Timer(10, lambda: setattr(wire, "mode", PASSING)).start()
                struck = time.monotonic()
                wait_until(lambda: is_sent(issue), seconds=PATIENCE)
            account("F10", "Redis half-open for 10 s midway", issue, relay, recovered=time.monotonic() - struck)


@pytest.mark.short
def test_a_full_broker_holds_no_request_up_and_is_named_while_the_issue_goes_out(tmp_path: Path) -> None:
    issue = make_issue(readers=600, kilobytes=10)
    with own_parts(tmp_path / "own", database=False) as parts, sink(tmp_path) as relay:
        client = _client(parts)
        client.set("ballast", b"x" * (4 << 20))
        client.config_set("maxmemory", "1mb")
        longest, words = _longest_wake(parts.redis_url), _health(parts.redis_url)
        with crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS, broker=parts.redis_url)
            started = time.monotonic()
            wait_until(lambda: is_sent(issue), seconds=PATIENCE)
        client.close()
        account("F12", "Redis full", issue, relay, recovered=time.monotonic() - started)
    assert longest <= 3
    assert words.startswith("Redis is full")


@pytest.mark.short
def test_every_wake_up_five_times_and_shuffled_makes_no_second_copy(tmp_path: Path) -> None:
    """Three workers get the freeze, deliveries, letters and ticks of this issue in any order, five times each."""
    issue = make_issue(readers=2000, kilobytes=10)
    seed = chance.randrange(10**6)
    messages = [("freeze", [issue.pk]), ("deliver", [issue.pk]), ("letters", []), ("tick", [])] * 5
    chance.Random(seed).shuffle(messages)
    program = (
        "import sys, json; from workers.app import app\n"
        "for name, ids in json.loads(sys.argv[1]): app.send_task(name, args=ids, ignore_result=True)"
    )
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        broker = broker_of_our_own()
        for _ in range(3):
            start(connections=4, broker=broker)
        publish = [sys.executable, "-c", program, json.dumps(messages)]
        for _ in range(2):
            subprocess.run(publish, env={**os.environ, "REDIS_URL": broker}, check=True)
        wait_until(lambda: is_sent(issue), seconds=PATIENCE)
        account("F13", "every wake-up 5 times, shuffled, 3 workers", issue, relay, runs=len(messages) * 2, seed=seed)
