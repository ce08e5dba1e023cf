"""Several deliverers at once before a real relay, which is the witness: its rate, a domain's rate, its connections."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from newsletter.delivery.models import Delivery
from newsletter.delivery.pace.rate import Limit
from newsletter.delivery.pace.slots import slot_locks
from newsletter.delivery.relays.models import DomainPace, StandingRelay
from newsletter.issues.models import Issue
from tests.delivery.pace.own_valkey import OwnValkey
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, sending_issue
from tests.workers.crew import NOBODY

pytestmark = pytest.mark.django_db(transaction=True)
RELAY, DOMAIN = Limit("relay:main", 80.0), Limit("domain:slow.example", 25.0)
HELD_UP = 1.0  # seconds that may pass between a token and the relay's hearing of its message, on a busy machine


@contextmanager
def deliverers(
    number: int, *, seconds: float, url: str, first: int = 0, connections: int = 4
) -> Iterator[list[subprocess.Popen[str]]]:
    """So many processes, each a worker host of its own, until their time is over."""
    program = Path(__file__).with_name("deliverers.py")
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": url,
        "PYTHONPATH": str(Path.cwd()),
        "NEWSLETTER_SAFE_LIST": "*",
        "NEWSLETTER_SMTP_CONNECTIONS": str(connections),
    }
    running = [
        subprocess.Popen(
            [sys.executable, str(program), f"host{first + one}", str(seconds)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for one in range(number)
    ]
    try:
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        yield running
        for one in running:
            one.wait(timeout=60)
    finally:
        for one in running:
            one.kill()
            one.communicate()


def issues_to_two_domains(number: int) -> list[Issue]:
    """Several issues, so that every host finds chunks; every second reader is of the domain that is limited."""
    first = sending_issue(readers=400)
    issues = [first, *(sending_issue(first.newsletter, readers=0) for _ in range(number - 1))]
    for issue in issues:
        rows = Delivery.objects.filter(issue=issue).order_by("pk").values_list("pk", flat=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE newsletter_delivery SET address = replace(address, 'readers.example', 'slow.example') "
                "WHERE id = ANY(%s)",
                [list(rows[::2])],
            )
    return issues


def worst_excess(seen: list[float], limit: Limit) -> float:
    """Return by how many messages the worst window is above its bound (below zero: never)."""
    least, worst = float("inf"), float("-inf")
    for number, second in enumerate(sorted(seen)):
        least = min(least, number - limit.rate * second)
        worst = max(worst, number + 1 - limit.rate * second - least)
    return worst - limit.burst - limit.rate * HELD_UP


def check_rates(seen: list[tuple[str, float]]) -> None:
    slow = [second for address, second in seen if address.endswith("@slow.example")]
    assert worst_excess([second for _, second in seen], RELAY) <= 0
    assert worst_excess(slow, DOMAIN) <= 0
    assert len(seen) > RELAY.burst  # it was the rate that held them, not the start
    assert len(slow) > DOMAIN.burst


def test_several_hosts_stay_below_the_rates_of_relay_and_domain(own_valkey: OwnValkey, tmp_path: Path) -> None:
    issues_to_two_domains(4)
    DomainPace.objects.create(domain="slow.example", rate="25/s")
    with sink(tmp_path) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", rate="80/s")
        with deliverers(3, seconds=8, url=own_valkey.url):
            pass
        check_rates(relay.seen())


def test_a_valkey_killed_midway_makes_several_hosts_no_faster(own_valkey: OwnValkey, tmp_path: Path) -> None:
    issues_to_two_domains(4)
    DomainPace.objects.create(domain="slow.example", rate="25/s")
    with sink(tmp_path) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", rate="80/s")
        with deliverers(3, seconds=10, url=own_valkey.url):
            time.sleep(2)
            own_valkey.kill()
            time.sleep(3)
            own_valkey.start_again()
        check_rates(relay.seen())


def test_several_hosts_share_the_connections_a_relay_takes(tmp_path: Path) -> None:
    issues_to_two_domains(4)
    with sink(tmp_path, delay=0.02) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", connections=4)
        with deliverers(3, seconds=6, url=NOBODY):
            pass
        assert relay.accepted()
        assert relay.most_connections() == 3  # one is kept for letters


def test_a_host_that_lost_its_slots_gives_its_connections_up(tmp_path: Path) -> None:
    issues_to_two_domains(4)
    with sink(tmp_path, delay=0.05) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", connections=2)
        with deliverers(1, seconds=20, url=NOBODY, connections=1) as (first,):  # it wants no more than it has
            _wait_for(lambda: len(relay.accepted()) > 5)
            assert _end_who_holds_slots("main", 2) == 1
            assert first.wait(timeout=15) == 0  # it says so and ends: others may have its slots now
        with deliverers(1, seconds=3, url=NOBODY, first=1):
            pass
        assert relay.most_connections() == 1


def _end_who_holds_slots(code: str, most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND (classid::bigint << 32 | objid::bigint) = ANY(%s)",
            [slot_locks(code, most)],
        )
        return int(cursor.fetchone()[0])


def _wait_for(true: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
