"""A million readers, a hundred kills, three flushes, two restarts of the database (F44)."""

from __future__ import annotations

import os
import random as chance
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from django.db import connection

from newsletter.delivery.ledger import LEASE_SECONDS
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import make_issue
from tests.faults.account import account, dice
from tests.faults.children import children_of, holder
from tests.faults.drive import sent_by_now
from tests.faults.parts import Parts, own_parts
from tests.workers.crew import Worker, crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 16
WORKERS = 2
MOST_MEGABYTES = 150


class Count:
    """How many messages the sink has, without reading them all again each time."""

    def __init__(self, relay: Sink) -> None:
        self._log, self._read, self._lines = relay.log, 0, 0

    def __call__(self) -> int:
        if self._log.exists():
            with self._log.open("rb") as log:
                log.seek(self._read)
                new = log.read()
            self._read += len(new)
            self._lines += new.count(b"\n")
        return self._lines


def _megabytes(pid: int) -> float:
    """PSS of a process."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def _weighed(workers: list[Worker]) -> Iterator[list[float]]:
    """Weigh every process of the workers each second; the list holds the heaviest."""
    end, heaviest = threading.Event(), [0.0]

    def weigh() -> None:
        while not end.wait(1):
            pids = [pid for worker in workers for pid in (worker.process.pid, *children_of(worker))]
            heaviest[0] = max([heaviest[0], *map(_megabytes, pids)])

    thread = threading.Thread(target=weigh)
    thread.start()
    try:
        yield heaviest
    finally:
        end.set()
        thread.join()


def _kill(workers: list[Worker], relay: Sink, random: chance.Random) -> int:
    """SIGKILL a child that talks to the relay, of a worker by lot; returns how many died."""
    pids = [pid for worker in workers for pid in holder(worker, relay)]
    if not pids:
        return 0
    with suppress(ProcessLookupError):
        os.kill(random.choice(pids), signal.SIGKILL)
    return 1


def _flush(parts: Parts) -> int:
    with redis.Redis(unix_socket_path=str(parts.place.run / "valkey.sock"), socket_timeout=5) as client:
        client.flushall()
    return 1


def _restart(parts: Parts) -> int:
    parts.kill_database()
    connection.close()
    time.sleep(1)
    parts.start_database()
    return 1


def _torment(readers: int, kills: int, flushes: int, restarts: int, folder: Path) -> None:
    seed, random = dice()
    acts = ["kill"] * kills + ["flush"] * flushes + ["restart"] * restarts
    random.shuffle(acts)
    marks = sorted(random.sample(range(readers // 50, readers * 9 // 10), len(acts)))
    done = {"kill": 0, "flush": 0, "restart": 0}
    with own_parts(folder / "own") as parts, sink(folder) as relay:
        issue = make_issue(readers=readers)
        count, workers = Count(relay), list[Worker]()
        with crew(relay.port, folder / "worker.log") as start, _weighed(workers) as heaviest:
            given = {"broker": parts.redis_url, "DATABASE_URL": parts.database_url}
            workers += [start(connections=CONNECTIONS, **given) for _ in range(WORKERS)]
            begun = time.monotonic()
            for mark, act in zip(marks, acts, strict=True):
                wait_until(lambda mark=mark: count() >= mark, seconds=LEASE_SECONDS + 240, every=0.02)  # type: ignore[misc]
                if act == "flush":
                    done[act] += _flush(parts)
                elif act == "restart":
                    done[act] += _restart(parts)
                else:
                    wait_until(lambda: bool(_struck(workers, relay, random, done)), seconds=120, every=0.05)
            last = time.monotonic()
            wait_until(lambda: sent_by_now(issue), seconds=LEASE_SECONDS + 240)
            took, whole = time.monotonic() - last, time.monotonic() - begun
        remark = (
            f"{kills} kills, {flushes} flushes, {restarts} database restarts, {WORKERS} workers; {whole:.0f} s in all, "
            f"at most {heaviest[0]:.0f} MB (PSS) a process"
        )
        cut = done["kill"] * CONNECTIONS + done["restart"] * CONNECTIONS * WORKERS
        what = f"{readers:,} readers"
        account("F44", what, issue, relay, runs=len(acts), cut=cut, recovered=took, seed=seed, remark=remark)
    assert done == {"kill": kills, "flush": flushes, "restart": restarts}
    assert 0 < heaviest[0] <= MOST_MEGABYTES


def _struck(workers: list[Worker], relay: Sink, random: chance.Random, done: dict[str, int]) -> int:
    killed = _kill(workers, relay, random)
    done["kill"] += killed
    return killed


@pytest.mark.short
def test_twenty_thousand_readers_and_a_little_of_everything(tmp_path: Path) -> None:
    _torment(20_000, 3, 1, 1, tmp_path)


def test_a_million_readers_a_hundred_kills_three_flushes_and_two_restarts(tmp_path: Path) -> None:
    _torment(1_000_000, 100, 3, 2, tmp_path)
