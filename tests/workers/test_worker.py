"""One `newsletter worker` alone freezes, sends, reconciles and finishes; killed as a whole it loses nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from newsletter.delivery.models import Chunk
from newsletter.letters.models import Letter
from newsletter.letters.write import write
from tests.delivery.sink import sink
from tests.delivery.stage import check_promise, make_issue, states
from tests.faults.drive import is_sent
from tests.faults.proxy import proxy
from tests.faults.witness import shares, sink_at
from tests.workers.crew import broker_of_our_own, crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_worker_alone_freezes_sends_and_finishes_without_a_broker(tmp_path: Path) -> None:
    issue = make_issue(readers=300)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start()
        wait_until(lambda: is_sent(issue), seconds=60)
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 300}


def test_a_wake_up_through_the_broker_sends_at_once(tmp_path: Path) -> None:
    issue = make_issue(readers=200)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start(broker=broker_of_our_own())
        wait_until(lambda: is_sent(issue), seconds=60)
        check_promise(issue, relay)


def test_killing_the_whole_group_again_and_again_loses_nobody_and_mails_nobody_twice(tmp_path: Path) -> None:
    issue = make_issue(readers=4000, kilobytes=20)
    goals, connections = (400, 2000), 8
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        for goal in goals:
            running = start(connections=connections, broker=broker_of_our_own())
            wait_until(lambda goal=goal: len(relay.accepted()) >= goal, seconds=60, every=0.01)  # type: ignore[misc]
            running.kill()
        start()
        wait_until(lambda: is_sent(issue), seconds=60)
        check_promise(issue, relay, cut=len(goals) * connections)
    assert not Chunk.objects.filter(owner__isnull=False).exists()


def test_a_polite_end_in_the_middle_leaves_none_in_doubt(tmp_path: Path) -> None:
    issue = make_issue(readers=4000, kilobytes=20)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        running = start(broker=broker_of_our_own())
        wait_until(lambda: len(relay.accepted()) >= 500, seconds=60, every=0.01)
        running.end()
        check_promise(issue, relay, done=False)
        found = states(issue)
        assert set(found) == {"accepted", "queued"}
        assert found["accepted"] == len(relay.accepted())


def test_a_bulk_issue_under_way_never_delays_a_letter(tmp_path: Path) -> None:
    issue = make_issue(readers=3000)
    with sink(tmp_path, delay=0.2, without=["PIPELINING"]) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start(connections=4, broker=broker_of_our_own(), NEWSLETTER_WORKER_PROCESSES="1")
        wait_until(lambda: len(relay.accepted()) >= 20, seconds=60)
        letter = write(
            "confirmation",
            key="k1",
            sender=issue.newsletter.sender,
            address="new@readers.example",
            subject="Confirm",
            text="Please confirm.",
            now=timezone.now(),
        )
        wait_until(lambda: Letter.objects.filter(pk=letter.pk, state="accepted").exists(), seconds=40)
    assert states(issue)["queued"] > 1000


def test_what_a_worker_that_is_told_to_end_leaves_is_sent_by_another(tmp_path: Path) -> None:
    """The way to the relay is slow until the first has ended, so much is left; the relay knows who brought what."""
    issue = make_issue(readers=4000, kilobytes=20)
    one, other = "127.0.0.11", "127.0.0.12"
    with (
        sink_at("127.0.0.1", tmp_path, rate=0) as relay,
        proxy(("127.0.0.1", relay.port), source=one) as way,
        proxy(("127.0.0.1", relay.port), source=other) as other_way,
        crew(relay.port, tmp_path / "worker.log") as start,
    ):
        way.delay = other_way.delay = 0.1
        first = start(broker=broker_of_our_own(), NEWSLETTER_SMTP_URL=f"smtp://127.0.0.1:{way.port}")
        second = start(broker=broker_of_our_own(), NEWSLETTER_SMTP_URL=f"smtp://127.0.0.1:{other_way.port}")
        wait_until(lambda: min(shares(tmp_path)[one], shares(tmp_path)[other]) >= 50, seconds=90)
        first.end()
        at_the_end = shares(tmp_path)
        way.delay = other_way.delay = 0.0
        wait_until(lambda: is_sent(issue), seconds=90)
        check_promise(issue, relay)
        second.end()
        share = shares(tmp_path)
    assert share[one] == at_the_end[one]  # it had ended
    assert share[other] > at_the_end[other]
    assert share.total() == 4000
    assert states(issue) == {"accepted": 4000}  # none in doubt
