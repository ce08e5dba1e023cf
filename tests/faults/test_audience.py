"""Readers who leave, come, go and change while an issue is sent: the audience is what was frozen (F39, F40)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Delivery, DeliveryState
from newsletter.issues.models import Issue
from newsletter.readers.models import Reader, Subscription
from newsletter.readers.unsubscribe import unsubscribe
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import add_readers, make_issue, states
from tests.faults.account import account, dice
from tests.faults.drive import is_sent
from tests.workers.crew import NOBODY, crew, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]
CONNECTIONS = 8
READERS = 3000


@contextmanager
def _beside(what: Callable[[], None]) -> Iterator[None]:
    """Do something in a thread with a connection of its own while the block runs."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            what()
        except BaseException as error:  # told by the block's end
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert failed == []


def _frozen() -> Issue:
    issue = make_issue(readers=READERS, kilobytes=10)
    freeze(issue.pk, now=timezone.now())
    return issue


def _send(issue: Issue, relay: Sink, log: Path) -> None:
    with crew(relay.port, log) as start:
        start(connections=CONNECTIONS, broker=NOBODY)
        wait_until(lambda: is_sent(issue), seconds=180)


def test_nobody_who_left_before_their_message_began_gets_it(tmp_path: Path) -> None:
    seed, random = dice()
    issue = _frozen()
    leavers = random.sample(list(Delivery.objects.filter(issue=issue).values_list("reader_id", "address")), 500)
    left: dict[str, float] = {}
    with sink(tmp_path, delay=0.01) as relay:

        def leave() -> None:
            wait_until(lambda: bool(relay.accepted()), seconds=60, every=0.01)
            for reader, address in leavers:
                unsubscribe(reader, issue.newsletter_id, by="reader", now=timezone.now())
                left[address] = time.time()
                time.sleep(random.uniform(0, 0.012))

        with _beside(leave):
            _send(issue, relay, tmp_path / "worker.log")
        account("F39", "500 readers leave during the send", issue, relay, runs=500, seed=seed, left=left)
        seen = set(relay.accepted())
    skipped = Delivery.objects.filter(issue=issue, state=DeliveryState.SKIPPED)
    assert set(skipped.values_list("reason", flat=True)) == {"not_subscribed"}
    assert set(skipped.values_list("address", flat=True)) == set(left) - seen
    assert 0 < len(set(left) - seen) < 500  # some left in time, some too late: the race was run


def test_the_audience_is_the_one_that_was_frozen(tmp_path: Path) -> None:
    seed, random = dice()
    issue = _frozen()
    frozen = dict(Delivery.objects.filter(issue=issue).values_list("reader_id", "address"))
    gone, moved = random.sample(sorted(frozen), 400), random.sample(sorted(frozen), 400)
    deleted: dict[str, float] = {}
    with sink(tmp_path, delay=0.01, spool=True) as relay:

        def change() -> None:
            wait_until(lambda: bool(relay.accepted()), seconds=60, every=0.01)
            add_readers(issue.newsletter, 300, prefix="late")
            for reader, other in zip(gone, moved, strict=True):
                Subscription.objects.filter(reader_id=reader).delete()
                Reader.objects.filter(pk=reader).delete()
                deleted[frozen[reader]] = time.time()
                Reader.objects.filter(pk=other).update(address=f"new{other}@elsewhere.example", name="Somebody Else")

        with _beside(change):
            _send(issue, relay, tmp_path / "worker.log")
        what = "300 added, 400 deleted, 400 changed during the send"
        account("F40", what, issue, relay, runs=1100, seed=seed, left=deleted)
        seen = set(relay.accepted())
        assert [b"Somebody Else" in message for message in relay.messages()] == [False] * len(relay.accepted())
    assert set(Delivery.objects.filter(issue=issue).values_list("reader_id", "address")) == set(frozen.items())
    assert seen <= set(frozen.values())
    assert states(issue) == {"accepted": len(seen), "skipped": READERS - len(seen)}
    assert {frozen[reader] for reader in set(moved) - set(gone)} <= seen
