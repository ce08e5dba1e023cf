"""One `newsletter worker` alone freezes, sends, reconciles and finishes; killed as a whole it loses nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from newsletter.delivery.models import Chunk
from newsletter.issues.models import Issue
from newsletter.letters.models import Letter
from newsletter.letters.write import write
from tests.delivery.sink import sink
from tests.delivery.stage import check_promise, make_issue, states
from tests.workers.crew import broker_of_our_own, crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def _is_sent(issue: Issue) -> bool:
    return Issue.objects.filter(pk=issue.pk, state=Issue.State.SENT).exists()


def test_one_worker_alone_freezes_sends_and_finishes_without_a_broker(tmp_path: Path) -> None:
    issue = make_issue(readers=300)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start()
        wait_until(lambda: _is_sent(issue), seconds=60)
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 300}


def test_a_wake_up_through_the_broker_sends_at_once(tmp_path: Path) -> None:
    issue = make_issue(readers=200)
    with sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        start(broker=broker_of_our_own())
        wait_until(lambda: _is_sent(issue), seconds=60)
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
        wait_until(lambda: _is_sent(issue), seconds=60)
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
    issue = make_issue(readers=4000, kilobytes=20)
    with sink(tmp_path, delay=0.02) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        first, second = start(broker=broker_of_our_own()), start(broker=broker_of_our_own())
        wait_until(lambda: len(relay.accepted()) >= 500, seconds=90, every=0.01)
        first.end()
        at_the_end = len(relay.accepted())
        wait_until(lambda: _is_sent(issue), seconds=90)
        check_promise(issue, relay)
        second.end()
    assert at_the_end < 4000
    assert states(issue) == {"accepted": 4000}  # none in doubt
