"""Take a guard away and the promise breaks: so the tests above do test it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsletter.delivery import ledger as book
from newsletter.delivery import wake
from newsletter.delivery.deliver import deliver
from newsletter.delivery.ledger import Ledger, claimed, marked
from newsletter.delivery.models import Chunk, DeliveryState
from newsletter.delivery.reconcile import reconcile
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, make_issue, sending_issue, states, take_back, to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]


def _mark_after_it_was_taken_away() -> dict[int, int]:
    """What a deliverer is told that marks a delivery of a chunk that another one has by now."""
    first, other = Ledger(uuid4(), "t"), Ledger(uuid4(), "t")
    claim = claimed(first.claims.ask_and_wait("claim", [first._owner]))
    assert claim is not None
    Chunk.objects.update(lease_until=timezone.now())
    reconcile(timezone.now())
    again = claimed(other.claims.ask_and_wait("claim", [other._owner]))
    assert again is not None
    number = claim.rows[0].id
    told = marked(first.turns.ask_and_wait("turn", first._turn([claim.chunk], [], [number])))
    first.close()
    other.close()
    return told


def test_a_fenced_owner_marks_nothing() -> None:
    sending_issue(readers=2)
    assert _mark_after_it_was_taken_away() == {}


def test_without_the_fence_a_fenced_owner_could_still_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded = book.TURN.replace("AND c.owner = $1", "AND ($1::uuid IS NOT NULL)")
    assert unguarded != book.TURN
    monkeypatch.setattr(book, "TURN", unguarded)
    sending_issue(readers=2)
    assert list(_mark_after_it_was_taken_away().values()) == [DeliveryState.WIRE]


def test_without_the_intent_mark_a_kill_sends_second_copies(tmp_path: Path) -> None:
    """The mark is made, but as if it had not been: the row stays queued while its content leaves."""
    issue = sending_issue(readers=120)
    program = (
        "import tests.faults.dying as d, newsletter.delivery.ledger as b;"
        "mark = \"state = CASE w.reason WHEN '' THEN 2\"; assert b.TURN.count(mark) == 1;"
        "b.TURN = b.TURN.replace(mark, mark[:-1] + '0'); d.main()"
    )
    with sink(tmp_path) as relay:
        subprocess.run(
            [sys.executable, "-c", program, "answered", "40", str(relay.port)],
            env={**os.environ, "DATABASE_URL": database_url()},
            check=False,
        )
        assert len(relay.accepted()) >= 40
        take_back()
        deliver(place="t", transport=to(relay.port))
        assert max(Counter(relay.accepted()).values()) == 2
    assert sum(states(issue).values()) == 120


def test_without_the_unique_key_a_repeated_freeze_could_write_a_reader_twice() -> None:
    issue = sending_issue(readers=1)
    again = (
        "INSERT INTO newsletter_delivery (issue_id, chunk_id, reader_id, address, name, language, variant, state, "
        "attempts, reason) SELECT issue_id, chunk_id, reader_id, address, name, language, variant, 0, 0, '' "
        "FROM newsletter_delivery LIMIT 1"
    )
    with connection.cursor() as cursor:
        with pytest.raises(Exception, match="delivery_once_a"):
            cursor.execute(again)
        for key in ("delivery_once_a_reader", "delivery_once_an_address"):
            cursor.execute(f"ALTER TABLE newsletter_delivery DROP CONSTRAINT {key}")
        try:
            cursor.execute(again)
            assert states(issue) == {"queued": 2}
        finally:
            cursor.execute("DELETE FROM newsletter_delivery")
            cursor.execute(
                "ALTER TABLE newsletter_delivery ADD CONSTRAINT delivery_once_a_reader UNIQUE (issue_id, reader_id), "
                "ADD CONSTRAINT delivery_once_an_address UNIQUE (issue_id, address)"
            )


def test_a_wake_up_leaves_only_after_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without on_commit the hands would look before there is anything to see."""
    seen: list[bool] = []

    class Looking(wake.Silence):
        def deliver(self, issue_id: int) -> None:
            seen.append(connection.in_atomic_block)

    monkeypatch.setattr(wake, "wake", Looking)
    issue = make_issue()
    with transaction.atomic():
        wake.wake_deliver(issue.pk)
        assert seen == []
    assert seen == [False]
