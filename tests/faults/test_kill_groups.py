"""SIGKILL of the whole worker group, SIGSTOP of a worker, in the middle of a send of 20,000 (F2, F5)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from newsletter.delivery.models import Chunk
from tests.delivery.sink import sink
from tests.delivery.stage import make_issue
from tests.faults.account import account, dice
from tests.faults.drive import is_sent
from tests.workers.crew import broker_of_our_own, crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 16


def test_ten_kills_of_the_whole_group_in_a_send_of_twenty_thousand(tmp_path: Path) -> None:
    seed, chance = dice()
    issue = make_issue(readers=20_000, kilobytes=40)
    goals = sorted(chance.sample(range(200, 19_000), 10))
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        for goal in goals:
            running = start(connections=CONNECTIONS, broker=broker_of_our_own())
            wait_until(lambda goal=goal: len(relay.accepted()) >= goal, seconds=120, every=0.005)  # type: ignore[misc]
            running.kill()
        started = time.monotonic()
        start(connections=CONNECTIONS, broker=broker_of_our_own())
        wait_until(lambda: is_sent(issue), seconds=180)
        recovered = time.monotonic() - started
        cut = len(goals) * CONNECTIONS
        account(
            "F2",
            "SIGKILL of the whole worker group",
            issue,
            relay,
            runs=len(goals),
            cut=cut,
            recovered=recovered,
            seed=seed,
            remark="recovered: from the last start to the end of the sending",
        )


def test_a_worker_that_stood_still_for_longer_than_its_lease_sends_nothing_more(tmp_path: Path) -> None:
    issue = make_issue(readers=20_000, kilobytes=40)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        first = start(connections=CONNECTIONS, broker=broker_of_our_own())
        wait_until(lambda: len(relay.accepted()) >= 2000, seconds=60, every=0.005)
        os.killpg(first.process.pid, signal.SIGSTOP)
        start(connections=CONNECTIONS, broker=broker_of_our_own())
        wait_until(lambda: is_sent(issue), seconds=240)
        os.killpg(first.process.pid, signal.SIGCONT)
        time.sleep(5)
        account("F5", "SIGSTOP of a worker for longer than its lease, then SIGCONT", issue, relay, cut=CONNECTIONS)
    assert not Chunk.objects.filter(owner__isnull=False).exists()
