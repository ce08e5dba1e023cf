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
from tests.delivery.pace.bound import worst_excess
from tests.delivery.pace.own_valkey import OwnValkey
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, sending_issue
from tests.workers.crew import NOBODY

pytestmark = pytest.mark.django_db(transaction=True)
RELAY, DOMAIN = Limit("relay:main", 80.0), Limit("domain:slow.example", 25.0)


@contextmanager
def deliverers(
    number: int, *, seconds: float, url: str, tokens: Path, first: int = 0, connections: int = 4
) -> Iterator[list[subprocess.Popen[str]]]:
    """So many processes, each a worker host of its own, until their time is over; ``tokens``: where they note them."""
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
            [
                sys.executable,
                str(program),
                f"host{first + one}",
                str(seconds),
                str(tokens / f"host{first + one}.tokens"),
            ],
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


def check_rates(seen: list[tuple[str, float]], tokens: Path) -> None:
    """Hold the bounds against the tokens, and the tokens against the relay: each message has one from before it.

    How long a message takes to the relay is the machine's affair, so the bound is that of the tokens.
    """
    used = [line.split("\t") for file in tokens.glob("*.tokens") for line in file.read_text().splitlines()]
    for limit, addresses in ((RELAY, ""), (DOMAIN, "@slow.example")):
        mine = sorted(float(second) for name, second in used if name == limit.name)
        begun = sorted(second for address, second in seen if address.endswith(addresses))
        assert worst_excess(mine, limit) <= 0
        assert len(begun) > limit.burst  # it was the rate that held them, not the start
        assert len(mine) >= len(begun)
        assert [second for token, second in zip(mine, begun, strict=False) if second < token] == []


def test_several_hosts_stay_below_the_rates_of_relay_and_domain(own_valkey: OwnValkey, tmp_path: Path) -> None:
    issues_to_two_domains(4)
    DomainPace.objects.create(domain="slow.example", rate="25/s")
    with sink(tmp_path) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", rate="80/s")
        with deliverers(3, seconds=8, url=own_valkey.url, tokens=tmp_path):
            pass
        check_rates(relay.seen(), tmp_path)


def test_a_valkey_killed_midway_makes_several_hosts_no_faster(own_valkey: OwnValkey, tmp_path: Path) -> None:
    issues_to_two_domains(4)
    DomainPace.objects.create(domain="slow.example", rate="25/s")
    with sink(tmp_path) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", rate="80/s")
        with deliverers(3, seconds=10, url=own_valkey.url, tokens=tmp_path):
            time.sleep(2)
            own_valkey.kill()
            time.sleep(3)
            own_valkey.start_again()
        check_rates(relay.seen(), tmp_path)


def test_several_hosts_share_the_connections_a_relay_takes(tmp_path: Path) -> None:
    issues_to_two_domains(4)
    with sink(tmp_path, delay=0.02) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", connections=4)
        with deliverers(3, seconds=6, url=NOBODY, tokens=tmp_path):
            pass
        assert relay.accepted()
        assert relay.most_connections() == 3  # one is kept for letters


def test_a_host_that_lost_its_slots_gives_its_connections_up(tmp_path: Path) -> None:
    issues_to_two_domains(4)
    with sink(tmp_path, delay=0.05) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}", connections=2)
        with deliverers(1, seconds=120, url=NOBODY, tokens=tmp_path, connections=1) as (
            first,
        ):  # it wants no more than it has
            _wait_for(lambda: len(relay.accepted()) > 5)
            assert _end_who_holds_slots("main", 2) == 1
            assert first.communicate(timeout=60)[0] == "lost\n"  # it says so and ends: others may have its slots now
            assert first.returncode == 0
        with deliverers(1, seconds=3, url=NOBODY, tokens=tmp_path, first=1):
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
