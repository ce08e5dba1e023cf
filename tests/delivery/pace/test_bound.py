"""Over any interval never more than rate * t + burst, over all workers, whatever Valkey does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from newsletter.delivery.pace.rate import Limit
from tests.delivery.pace.bound import worst_excess
from tests.delivery.pace.own_valkey import OwnValkey
from tests.delivery.stage import database_url
from tests.workers.crew import NOBODY, broker_of_our_own

pytestmark = pytest.mark.django_db(transaction=True)


def draw_in_processes(
    limit: Limit, *, url: str, processes: int = 3, seconds: float = 4.0, meanwhile: Callable[[], None] | None = None
) -> list[float]:
    """Return when tokens were used, in order, by several processes at once."""
    program = Path(__file__).with_name("drawers.py")
    cap = -1 if limit.cap is None else limit.cap
    running = [
        subprocess.Popen(
            [sys.executable, str(program), limit.name, str(limit.rate), str(cap), str(seconds), str(seed), url],
            env={**os.environ, "DATABASE_URL": database_url(), "PYTHONPATH": str(Path.cwd())},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(processes)
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    if meanwhile is not None:
        meanwhile()
    lines = [one.communicate(timeout=60)[0] for one in running]
    assert [one.returncode for one in running] == [0] * processes
    return sorted(float(second) for line in lines for second in line.split())


@pytest.mark.parametrize("rate", [2.0, 40.0, 900.0])
def test_workers_that_share_valkey_stay_below_the_rate_and_come_near_it(rate: float) -> None:
    limit = Limit(f"domain:{rate}.example", rate)
    used = draw_in_processes(limit, url=broker_of_our_own())
    assert worst_excess(used, limit) <= 0
    assert len(used) >= rate * 4 * 0.7


def test_workers_without_valkey_stay_below_the_rate_and_come_near_it() -> None:
    limit = Limit("domain:alone.example", 60.0)
    used = draw_in_processes(limit, url=NOBODY)
    assert worst_excess(used, limit) <= 0
    assert len(used) >= 60 * 4 * 0.7


def test_workers_of_whom_only_some_see_valkey_stay_below_the_rate() -> None:
    limit = Limit("domain:split.example", 50.0)
    halves: list[float] = []
    seen = draw_in_processes(
        limit,
        url=broker_of_our_own(),
        processes=2,
        meanwhile=lambda: halves.extend(draw_in_processes(limit, url=NOBODY, processes=2, seconds=2)),
    )
    assert halves
    assert worst_excess(sorted(seen + halves), limit) <= 0


def test_a_valkey_that_forgets_everything_makes_nobody_faster() -> None:
    limit = Limit("domain:flushed.example", 80.0)
    client = redis.Redis.from_url(broker_of_our_own())

    def flush() -> None:
        for _ in range(30):
            client.flushdb()
            time.sleep(0.1)

    used = draw_in_processes(limit, url=broker_of_our_own(), meanwhile=flush)
    assert worst_excess(used, limit) <= 0
    assert len(used) >= 80 * 4 * 0.5


def test_a_valkey_killed_midway_and_started_again_makes_nobody_faster(own_valkey: OwnValkey) -> None:
    limit = Limit("domain:killed.example", 80.0)

    def kill() -> None:
        time.sleep(1)
        own_valkey.kill()
        time.sleep(1)
        own_valkey.start_again()

    used = draw_in_processes(limit, url=own_valkey.url, meanwhile=kill, seconds=10)
    assert worst_excess(used, limit) <= 0
    assert len(used) >= 80 * 10 * 0.6


def test_a_valkey_that_hangs_and_comes_back_makes_nobody_faster(own_valkey: OwnValkey) -> None:
    limit = Limit("domain:hung.example", 80.0)

    def hang() -> None:
        time.sleep(1)
        own_valkey.process.send_signal(signal.SIGSTOP)
        time.sleep(2)
        own_valkey.process.send_signal(signal.SIGCONT)

    used = draw_in_processes(limit, url=own_valkey.url, meanwhile=hang, seconds=10)
    assert worst_excess(used, limit) <= 0
    assert len(used) >= 80 * 10 * 0.5


def test_a_cap_a_day_is_used_up_exactly_whatever_was_drawn_for_nothing() -> None:
    limit = Limit("relay:capped", 0.0, cap=123)
    assert len(draw_in_processes(limit, url=broker_of_our_own(), seconds=2)) == 123
