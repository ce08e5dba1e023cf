"""SIGKILL at every point of a message's way: what is recorded afterwards is what can be known (F3)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from newsletter.delivery.deliver import deliver
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, sending_issue, states, take_back, to
from tests.faults.account import account
from tests.workers.crew import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]
CONNECTIONS = 4
TIMES = {"claimed": 1, "recorded": 15}  # a turn of the ledger carries up to CONNECTIONS results, so 120 readers take 30


def _die(point: str, count: int, port: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.dying", point, str(count), str(port)],
        env={**os.environ, "DATABASE_URL": database_url()},
        check=False,
    )
    assert ended.returncode == -9
    wait_until(_is_gone, seconds=30, every=0.02)


def _is_gone() -> bool:
    """Whether PostgreSQL has noticed the death: its session held what proves that an owner lives."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone() == (0,))


@pytest.mark.parametrize(
    ("point", "doubtful"),
    [
        ("claimed", (0, 0)),  # nothing was marked
        ("offered", (0, CONNECTIONS)),  # this one was not marked; others may have been
        ("marked", (1, CONNECTIONS)),
        ("half", (1, CONNECTIONS)),
        ("sent", (1, CONNECTIONS)),
        ("answered", (1, CONNECTIONS)),
        ("recorded", (0, CONNECTIONS)),
    ],
)
def test_a_kill_at_a_named_point_leaves_no_more_in_doubt_than_connections(
    point: str, doubtful: tuple[int, int], tmp_path: Path
) -> None:
    issue = sending_issue(readers=120)
    with sink(tmp_path) as relay:
        _die(point, TIMES.get(point, 40), relay.port)
        take_back()
        found = states(issue)
        assert doubtful[0] <= found.get("in_doubt", 0) <= doubtful[1]
        assert "wire" not in found
        deliver(place="t", transport=to(relay.port))
        account("F3", f"SIGKILL at the point {point}", issue, relay, cut=CONNECTIONS)


def test_the_first_message_killed_before_its_mark_is_queued_and_after_it_in_doubt(tmp_path: Path) -> None:
    issue = sending_issue(readers=1)
    with sink(tmp_path) as relay:
        _die("offered", 1, relay.port)
        take_back()
        assert states(issue) == {"queued": 1}
        _die("marked", 1, relay.port)
        take_back()
        assert states(issue) == {"in_doubt": 1}
        assert relay.accepted() == []


def test_the_first_message_killed_after_its_answer_is_in_doubt_and_after_its_record_accepted(tmp_path: Path) -> None:
    issue = sending_issue(readers=1)
    with sink(tmp_path) as relay:
        _die("answered", 1, relay.port)
        take_back()
        assert states(issue) == {"in_doubt": 1}
        assert relay.accepted() == ["r1@readers.example"]
    other = sending_issue(issue.newsletter, readers=0)
    with sink(tmp_path / "other") as relay:
        _die("recorded", 2, relay.port)  # the first turn carried the mark, the second the result
        take_back()
        assert states(other) == {"accepted": 1}
