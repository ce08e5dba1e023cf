"""Workers that die, are deployed or run out of memory (F1, F4, F6; F2, F3 and F5 have files of their own)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from newsletter.delivery.ledger import LEASE_SECONDS
from newsletter.issues.models import Issue
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import make_issue, states
from tests.faults.account import account, dice
from tests.faults.children import holder
from tests.faults.drive import is_sent
from tests.workers.crew import Worker, broker_of_our_own, crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 8


def _wait_for(issue: Issue, relay: Sink, mark: int) -> None:
    seconds = LEASE_SECONDS + 30
    wait_until(lambda: len(relay.accepted()) >= mark or is_sent(issue), seconds=seconds, every=0.005)


def _found(worker: Worker, relay: Sink) -> int:
    """The child that sends: between two sendings nobody talks to the relay, so look until one does."""
    found: list[int] = []
    wait_until(lambda: bool(found.extend(holder(worker, relay)) or found), seconds=LEASE_SECONDS, every=0.005)
    return found[0]


def _kill_children(kills: int, readers: int, tmp_path: Path, *, part: str = "") -> None:
    seed, random = dice()
    issue = make_issue(readers=readers, kilobytes=10)
    done = 0
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        worker = start(connections=CONNECTIONS, broker=broker_of_our_own())
        while done < kills and not is_sent(issue):
            mark = len(relay.accepted()) + random.randrange(20, 60)
            _wait_for(issue, relay, mark)
            for pid in holder(worker, relay)[:1]:
                os.kill(pid, signal.SIGKILL)
                done += 1
        last = time.monotonic()
        wait_until(lambda: is_sent(issue), seconds=300)
        took = time.monotonic() - last
        account(
            "F1",
            f"SIGKILL a worker child{part}",
            issue,
            relay,
            runs=done,
            cut=done * CONNECTIONS,
            recovered=took,
            seed=seed,
        )
    assert done == kills
    assert took <= LEASE_SECONDS + 30


@pytest.mark.short
def test_kills_of_the_sending_child_lose_nobody(tmp_path: Path) -> None:
    _kill_children(3, 3000, tmp_path)


@pytest.mark.parametrize("quarter", range(4))
def test_two_hundred_kills_of_the_sending_child(quarter: int, tmp_path: Path) -> None:
    """Fifty at a time, so that several processes share the wait for what comes after a kill."""
    _kill_children(50, 25_000, tmp_path, part=f", part {quarter + 1} of 4")


@pytest.mark.short
def test_a_deploy_midway_leaves_none_in_doubt_and_goes_on_within_half_a_minute(tmp_path: Path) -> None:
    issue = make_issue(readers=4000, kilobytes=10)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        old = start(connections=CONNECTIONS, broker=broker_of_our_own())
        wait_until(lambda: len(relay.accepted()) >= 400, seconds=60, every=0.01)
        assert old.end() == 0
        at_the_end = len(relay.accepted())
        ended = time.monotonic()
        start(connections=CONNECTIONS, broker=broker_of_our_own())
        wait_until(lambda: len(relay.accepted()) > at_the_end, seconds=60, every=0.05)
        took = time.monotonic() - ended
        wait_until(lambda: is_sent(issue), seconds=120)
        account("F4", "SIGTERM deploy midway", issue, relay, recovered=took)
    assert states(issue) == {"accepted": 4000}
    assert took <= 30


def test_a_child_out_of_memory_does_not_loop_for_ever_and_the_rows_go_on(tmp_path: Path) -> None:
    """The kernel's killer, again and again: what it meets is the child that holds most."""
    issue = make_issue(readers=2000, kilobytes=10)
    kills = 0
    with sink(tmp_path, delay=0.02) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        worker = start(connections=CONNECTIONS, broker=broker_of_our_own())
        for mark in (200, 800):
            _wait_for(issue, relay, mark)
            pid = _found(worker, relay)
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
            os.kill(pid, signal.SIGKILL)
            kills += 1
        last = time.monotonic()
        wait_until(lambda: is_sent(issue), seconds=240)
        account(
            "F6", "out of memory: the child that sends is killed", issue, relay, runs=kills, cut=kills * CONNECTIONS,
            recovered=time.monotonic() - last, remark="SIGKILL as the kernel sends it",
        )  # fmt: skip
    assert kills == 2  # as the account has it
