"""PostgreSQL dies, throws everybody out, is away, hangs, deadlocks (F14-F16, F19, F20)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from newsletter.delivery.models import Chunk, ChunkState
from newsletter.delivery.patience import patient
from tests.delivery.sink import sink
from tests.delivery.stage import make_issue, sending_issue, to
from tests.faults.account import account
from tests.faults.desk import status, web
from tests.faults.drive import drive, sent_by_now
from tests.faults.parts import Parts, at, own_parts
from tests.faults.proxy import HANGING, PASSING, proxy
from tests.workers.crew import crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 8
PATIENCE = 240.0


@pytest.mark.short
def test_a_database_killed_and_restarted_makes_no_second_copy(tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = make_issue(readers=4000, kilobytes=10)
        with web(parts.database_url, tmp_path / "web.log") as desk, crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS, DATABASE_URL=parts.database_url)
            wait_until(lambda: len(relay.accepted()) >= 500, seconds=60, every=0.01)
            parts.kill_database()
            connection.close()
            answers = {page: status(f"{desk}/{page}") for page in ("healthz", "readyz", "desk/login")}
            time.sleep(1)
            parts.start_database()
            struck = time.monotonic()
            wait_until(lambda: sent_by_now(issue), seconds=PATIENCE)
            recovered = time.monotonic() - struck
            assert status(f"{desk}/readyz") == 200
        account("F14", "SIGKILL of PostgreSQL, restarted", issue, relay, cut=CONNECTIONS, recovered=recovered)
    assert answers == {"healthz": 200, "readyz": 503, "desk/login": 200}


def _terminate_all(parts: Parts) -> None:
    with suppress(psycopg.Error):
        parts.ask(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'newsletter' "
            "and backend_type = 'client backend'"
        )


@pytest.mark.parametrize(
    ("times", "readers"), [pytest.param(3, 4000, marks=pytest.mark.short), pytest.param(20, 60_000, id="long")]
)
def test_all_backends_terminated_every_two_seconds(times: int, readers: int, tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = make_issue(readers=readers, kilobytes=10)
        with crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS, DATABASE_URL=parts.database_url)
            wait_until(lambda: len(relay.accepted()) >= 300, seconds=60, every=0.01)
            for _ in range(times):
                _terminate_all(parts)
                connection.close()
                time.sleep(2)
            struck = time.monotonic()
            wait_until(lambda: sent_by_now(issue), seconds=PATIENCE)
            recovered = time.monotonic() - struck
        account(
            "F15", "all backends terminated every 2 s", issue, relay, runs=times, cut=times * CONNECTIONS,
            recovered=recovered,
        )  # fmt: skip


def _cpu_seconds(pid: int) -> float:
    """CPU of a process group and of those it had and waited for, by /proc."""
    group = subprocess.run(["pgrep", "-g", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    total = 0
    for one in group:
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))  # its own, user and system, and that of children that have ended
    return total / os.sysconf("SC_CLK_TCK")


def test_a_database_away_for_a_minute_is_waited_for_without_a_busy_loop(tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = make_issue(readers=6000, kilobytes=10)
        with crew(relay.port, tmp_path / "worker.log") as start:
            worker = start(connections=CONNECTIONS, DATABASE_URL=parts.database_url)
            wait_until(lambda: len(relay.accepted()) >= 300, seconds=60, every=0.01)
            parts.kill_database()
            connection.close()
            time.sleep(30)
            before = _cpu_seconds(worker.process.pid)
            time.sleep(30)
            busy = (_cpu_seconds(worker.process.pid) - before) / 30
            parts.start_database()
            struck = time.monotonic()
            wait_until(lambda: sent_by_now(issue), seconds=PATIENCE)
            recovered = time.monotonic() - struck
        remark = f"{busy:.0%} of a core while waiting"
        account("F16", "PostgreSQL away for 60 s", issue, relay, cut=CONNECTIONS, recovered=recovered, remark=remark)
    assert busy < 0.2


def test_a_database_that_hangs_half_open_is_given_up_and_another_worker_goes_on(tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = make_issue(readers=6000, kilobytes=10)
        listen = tmp_path / "w"
        listen.mkdir()
        with (
            proxy(parts.socket, listen=listen / ".s.PGSQL.5432") as wire,
            crew(relay.port, tmp_path / "worker.log") as start,
        ):
            through = f"host={listen} dbname=newsletter user=newsletter"
            start(connections=CONNECTIONS, DATABASE_URL=through)
            wait_until(lambda: len(relay.accepted()) >= 300, seconds=60, every=0.01)
            wire.mode = HANGING
            start(connections=CONNECTIONS, DATABASE_URL=parts.database_url)
            struck = time.monotonic()
            threading.Timer(150, lambda: setattr(wire, "mode", PASSING)).start()
            wait_until(lambda: sent_by_now(issue), seconds=PATIENCE)
            recovered = time.monotonic() - struck
        account("F16", "PostgreSQL half-open for one worker", issue, relay, cut=CONNECTIONS, recovered=recovered)


IMPATIENT = """
import sys, django
django.setup()
from newsletter.delivery import drain, line
from newsletter.delivery.deliver import deliver
from newsletter.delivery.patience import patient
from tests.delivery.stage import to
line.LEDGER_SECONDS, drain.DRAIN_SECONDS, drain.LATE_SECONDS = 3.0, 1.0, 1.0
with patient(3.0):
    deliver(place="hung", transport=to(int(sys.argv[1]), most=8))
"""


@pytest.mark.short
def test_a_deliverer_lets_go_of_a_database_that_never_answers_again(tmp_path: Path) -> None:
    """It waits as long as a lease allows, here three seconds; what it held goes on when the lease is over."""
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = sending_issue(readers=4000, kilobytes=10)
        listen = tmp_path / "w"
        listen.mkdir()
        with proxy(parts.socket, listen=listen / ".s.PGSQL.5432") as wire:
            through = f"host={listen} dbname=newsletter user=newsletter"
            hung = subprocess.Popen(
                [sys.executable, "-c", IMPATIENT, str(relay.port)],
                env={**os.environ, "DATABASE_URL": through},
                stderr=subprocess.PIPE,
            )
            wait_until(lambda: len(relay.accepted()) >= 300, seconds=60, every=0.01)
            wire.mode = HANGING
            struck = time.monotonic()
            _, words = hung.communicate(timeout=60)
            took = time.monotonic() - struck
            wire.mode = PASSING
        Chunk.objects.filter(state=ChunkState.LEASED).update(lease_until=timezone.now())
        recovered = drive(issue, lambda: to(relay.port, most=CONNECTIONS))
        remark = f"let go after {took:.1f} s where 3 s are the patience"
        account("F16", "PostgreSQL hung for ever", issue, relay, cut=CONNECTIONS, recovered=recovered, remark=remark)
    assert b"no answer within 3 seconds" in words
    assert hung.returncode != 0
    assert took < 30


def test_a_query_that_is_never_answered_ends_the_connection(tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts:
        listen = tmp_path / "w"
        listen.mkdir()
        with proxy(parts.socket, listen=listen / ".s.PGSQL.5432") as wire, at(parts, host=listen):
            connection.ensure_connection()
            wire.mode = HANGING
            started = time.monotonic()
            with patient(1.0), pytest.raises(OperationalError, match="no answer within 1 seconds"):
                connection.cursor().execute("select 1")
            assert time.monotonic() - started < 5
            wire.mode = PASSING
            connection.close_if_unusable_or_obsolete()
            with connection.cursor() as cursor:
                cursor.execute("select 1")


@pytest.mark.short
def test_deadlocks_are_tried_again(tmp_path: Path) -> None:
    """Somebody else locks chunks in a foreign order, again and again."""
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = make_issue(readers=4000, kilobytes=10)
        end, struck = threading.Event(), [0]

        def quarrel() -> None:
            while not end.wait(0.05):
                with suppress(psycopg.Error), psycopg.connect(parts.database_url) as other:
                    other.execute("set deadlock_timeout = '10ms'")
                    other.execute("update newsletter_delivery set moved_at = moved_at where id % 7 = 0 and state < 3")
                    other.execute("select from newsletter_chunk order by id desc for update")
                    struck[0] += 1

        with crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS, DATABASE_URL=parts.database_url)
            wait_until(lambda: bool(relay.accepted()), seconds=60, every=0.01)
            thread = threading.Thread(target=quarrel)
            thread.start()
            try:
                wait_until(lambda: sent_by_now(issue) or struck[0] > 60, seconds=PATIENCE)
            finally:
                end.set()
                thread.join()
            wait_until(lambda: sent_by_now(issue), seconds=PATIENCE)
        found = parts.ask("select deadlocks from pg_stat_database where datname = 'newsletter'")
        deadlocks = int(str(found[0][0]))
        account("F20", "deadlocks", issue, relay, runs=deadlocks, cut=0)
    assert deadlocks > 0
