"""Whatever ends the loop in the middle: what left is recorded, what did not leave waits, nobody is in doubt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.finish import finish_if_done
from newsletter.delivery.models import Attempt, Chunk, DeliveryState
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.transport import Transport
from newsletter.delivery.transports.memory import Memory
from newsletter.errors import Unavailable
from newsletter.issues.models import Issue
from newsletter.readers.models import Suppression
from tests.delivery.sink import sink
from tests.delivery.stage import check_promise, database_url, sending_issue, states, take_back, to
from tests.factories import NOW
from workers import tasks

pytestmark = pytest.mark.django_db(transaction=True)


def _break_off(point: str, error: Exception) -> Callable[[str], None]:
    """A witness that ends the loop at the fifth time it comes past a point."""
    met: list[str] = []

    def witness(seen: str) -> None:
        met.append(seen)
        if seen == point and met.count(point) == 5:
            raise error

    return witness


def _deliver_until(point: str, error: Exception, transport: Transport) -> type[Exception]:
    with pytest.raises(Exception, match="gone") as told:
        deliver(place="t", transport=transport, witness=_break_off(point, error))
    take_back()
    return told.type


@contextmanager
def _refusing_to_write(table: str) -> Iterator[None]:
    """PostgreSQL takes nothing new into a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no() RETURNS trigger AS 'BEGIN RAISE ''the table is gone''; END' LANGUAGE plpgsql"
        )
        cursor.execute(f"CREATE TRIGGER no BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION no()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION no CASCADE")


@pytest.mark.parametrize("point", ["recorded", "marked", "sent"])
@pytest.mark.parametrize("error", [OperationalError("gone"), OSError("gone")], ids=["database", "system"])
def test_a_loop_that_breaks_off_leaves_nobody_in_doubt(point: str, error: Exception, tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path) as relay:
        _deliver_until(point, error, to(relay.port))
        assert "in_doubt" not in states(issue)
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 60}


def test_what_a_transport_took_that_answers_at_once_is_recorded() -> None:
    issue, memory = sending_issue(readers=60), Memory()
    _deliver_until("sent", OSError("gone"), memory)
    assert states(issue)["accepted"] == len(memory.messages)


def test_an_error_of_the_database_is_one_that_may_be_tried_again(tmp_path: Path) -> None:
    sending_issue(readers=60)
    with sink(tmp_path) as relay:
        assert _deliver_until("recorded", OperationalError("gone"), to(relay.port)) is Unavailable


def test_who_was_refused_is_recorded_although_the_issue_cannot_be_paused(tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path, answer="550 5.7.1 not from you") as relay, _refusing_to_write("newsletter_historyentry"):
        with pytest.raises(Unavailable, match="gone"):
            deliver(place="t", transport=to(relay.port, most=1))
        take_back()
    assert states(issue) == {"queued": 50, "refused": 10}


def test_an_answer_is_recorded_once_a_database_that_opens_can_write_again(tmp_path: Path) -> None:
    issue = sending_issue(readers=1)
    with psycopg.connect(database_url(), autocommit=True) as apart, sink(tmp_path, delay=0.5) as relay:

        def take_back_later() -> None:
            time.sleep(1.5)
            apart.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        later = threading.Thread(target=take_back_later)

        def only_read(point: str) -> None:
            if point == "sent":
                apart.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
                later.start()
                raise OSError("gone")

        with pytest.raises(OSError, match="gone"):
            deliver(place="t", transport=to(relay.port), witness=only_read)
        later.join()
    take_back()
    assert states(issue) == {"accepted": 1}


def test_whom_the_relay_does_not_know_is_suppressed_also_if_the_finish_broke_off(tmp_path: Path) -> None:
    issue = sending_issue(readers=5)
    rules = {"r1@": ["550 5.1.1 no such person", 0]}
    with sink(tmp_path, rcpt=rules) as relay, _refusing_to_write("newsletter_suppression"), pytest.raises(Unavailable):
        deliver(place="t", transport=to(relay.port))
    finish_if_done(issue.pk, now=NOW)
    issue.refresh_from_db()
    assert (issue.state, Suppression.objects.count()) == (Issue.State.SENT, 1)
    assert Attempt.objects.filter(outcome=DeliveryState.REFUSED).count() == 1


def test_a_task_puts_its_work_off_while_the_database_answers_nothing(caplog: pytest.LogCaptureFixture) -> None:
    connection.ensure_connection()
    connection.connection.close()
    try:
        tasks.tick()
    finally:
        connection.close()
    assert "work_put_off" in caplog.text


def test_a_chunk_that_was_taken_from_a_worker_and_claimed_by_it_again_is_done_to_its_end(tmp_path: Path) -> None:
    issue = sending_issue(readers=8)
    taken: list[str] = []

    def take_from_it(point: str) -> None:
        if point == "sent" and not taken:
            taken.append(point)
            Chunk.objects.update(lease_until=timezone.now() - timedelta(hours=1))
            reconcile(timezone.now())

    with sink(tmp_path, delay=1.5) as relay:
        deliver(place="t", transport=to(relay.port, most=4), witness=take_from_it)
        deliver(place="t", transport=to(relay.port, most=4))
        assert len(set(relay.accepted())) == len(relay.accepted()) == 8
    assert set(states(issue)) == {"accepted", "in_doubt"}
