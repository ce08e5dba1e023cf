"""After a crash: what was marked is in doubt, what was not waits again, and a fenced owner can do nothing more."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from newsletter.delivery.control import cancel, pause, resume
from newsletter.delivery.deliver import deliver
from newsletter.delivery.ledger import Claim, Ledger, Result, claimed, marked
from newsletter.delivery.models import Attempt, Chunk, Delivery, DeliveryState
from newsletter.delivery.reconcile import LOCK, reconcile
from newsletter.delivery.status import deliveries, status
from newsletter.errors import Unavailable
from newsletter.issues.models import Issue
from tests.delivery.sink import sink
from tests.delivery.stage import check_promise, database_url, sending_issue, states, to

pytestmark = pytest.mark.django_db(transaction=True)


def _claim(ledger: Ledger) -> Claim:
    claim = claimed(ledger.claims.ask_and_wait("claim", [ledger._owner]))
    assert claim is not None
    return claim


def _mark(ledger: Ledger, claim: Claim, *ids: int) -> dict[int, int]:
    return marked(ledger.turns.ask_and_wait("turn", ledger._turn([claim.chunk], [], ids)))


def test_a_dead_owner_s_marked_rows_are_in_doubt_and_the_others_wait_again() -> None:
    issue = sending_issue(readers=10)
    ledger = Ledger(uuid4(), "t")
    claim = _claim(ledger)
    assert status(issue.pk)["counts"]["leased"] == 10
    assert len(list(deliveries(issue.pk, state="leased", after=0, limit=99))) == 10
    _mark(ledger, claim, claim.rows[0].id, claim.rows[1].id)
    assert reconcile(timezone.now()).chunks_taken_back == 0  # it lives
    ledger.close()
    done = reconcile(timezone.now())
    assert (done.chunks_taken_back, done.in_doubt) == (1, 2)
    assert states(issue) == {"queued": 8, "in_doubt": 2}
    assert Attempt.objects.filter(outcome=DeliveryState.IN_DOUBT).count() == 2


def test_a_hung_owner_is_fenced_when_its_lease_ends_and_marks_nothing_more() -> None:
    issue = sending_issue(readers=10)
    ledger = Ledger(uuid4(), "t")
    claim = _claim(ledger)
    first, second = claim.rows[0].id, claim.rows[1].id
    assert _mark(ledger, claim, first) == {first: DeliveryState.WIRE}
    Chunk.objects.update(lease_until=timezone.now())
    assert _mark(ledger, claim, second) == {}  # a lease that is over marks nothing even before anybody fences
    reconcile(timezone.now())
    assert _mark(ledger, claim, second) == {}
    ledger.turn_and_wait([claim.chunk], [Result(first, DeliveryState.ACCEPTED, 250, burnt=1)])
    assert states(issue) == {"queued": 9, "in_doubt": 1}
    ledger.close()


def test_a_row_is_marked_once() -> None:
    sending_issue(readers=2)
    ledger = Ledger(uuid4(), "t")
    claim = _claim(ledger)
    number = claim.rows[0].id
    assert _mark(ledger, claim, number) == {number: DeliveryState.WIRE}
    assert _mark(ledger, claim, number) == {}
    ledger.close()


def test_a_paused_issue_is_neither_claimed_nor_marked_until_it_is_resumed() -> None:
    issue = sending_issue(readers=2)
    ledger = Ledger(uuid4(), "t")
    claim = _claim(ledger)
    pause(issue.pk, by="t", now=timezone.now(), reason="why not")
    assert _mark(ledger, claim, claim.rows[0].id) == {}
    resume(issue.pk, by="t", now=timezone.now())
    assert len(_mark(ledger, claim, claim.rows[0].id)) == 1
    ledger.close()


def test_two_claims_never_get_the_same_chunk() -> None:
    sending_issue(readers=1500)
    ledger, other = Ledger(uuid4(), "t"), Ledger(uuid4(), "t")
    seen = {row.id for owner in (ledger, other) for row in _claim(owner).rows}
    assert len(seen) == 1500
    assert claimed(ledger.claims.ask_and_wait("claim", [ledger._owner])) is None
    ledger.close()
    other.close()


def test_a_cancel_reaches_what_waits_at_once_and_what_is_held_when_it_is_let_go() -> None:
    issue = sending_issue(readers=1500)
    ledger = Ledger(uuid4(), "t")
    claim = _claim(ledger)
    cancel(issue.pk, by="t", now=timezone.now())
    assert states(issue) == {"queued": len(claim.rows), "cancelled": 1500 - len(claim.rows)}
    ledger.close()
    reconcile(timezone.now())
    assert states(issue) == {"cancelled": 1500}
    issue.refresh_from_db()
    assert issue.state == Issue.State.CANCELLED


def test_what_was_deferred_for_two_days_expires() -> None:
    issue = sending_issue(readers=3)
    Delivery.objects.update(state=DeliveryState.DEFERRED, next_attempt_at=timezone.now())
    Chunk.objects.update(state=2, queued=0, deferred=3, next_attempt_at=timezone.now())
    for row, hours in zip(Delivery.objects.order_by("pk"), (49, 49, 47), strict=True):
        at = timezone.now() - timedelta(hours=hours)
        Attempt.objects.create(delivery=row, at=at, outcome=DeliveryState.DEFERRED, relay="t", phase="rcpt", code=450)
    done = reconcile(timezone.now())
    assert (done.expired, done.retried) == (2, 1)
    assert states(issue) == {"queued": 1, "expired": 2}


def test_one_reconciler_works_at_a_time() -> None:
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert not reconcile(timezone.now()).ran
        other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])  # the end of a session is seen a moment later
    assert reconcile(timezone.now()).ran


def test_a_database_that_ends_all_sessions_in_the_middle_costs_no_second_copy(tmp_path: Path) -> None:
    issue = sending_issue(readers=600)
    points: list[str] = []

    def cut(point: str) -> None:
        points.append(point)
        if point == "answered" and points.count("answered") in (50, 200):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    with sink(tmp_path) as relay:
        for _ in range(6):
            with suppress(Unavailable):
                deliver(place="t", transport=to(relay.port), witness=cut)
            reconcile(timezone.now())
        check_promise(issue, relay, cut=8)
    assert sum(states(issue).values()) == 600
