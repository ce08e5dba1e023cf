"""The frozen audience: everybody accounted for, once, however often and from wherever it is written."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone

from newsletter.delivery import freeze as freezing
from newsletter.delivery.control import cancel
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Chunk, Delivery, Sending
from newsletter.delivery.status import status
from newsletter.issues.models import Issue
from newsletter.readers.models import Reader, Subscription
from tests.delivery.stage import add_readers, make_issue, states
from tests.factories import make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)


def test_everybody_is_a_delivery_or_excluded_with_a_reason() -> None:
    newsletter = make_newsletter()
    add_readers(newsletter, 10)
    Subscription.objects.filter(reader__address="r1@readers.example").update(state="left")
    Subscription.objects.filter(reader__address="r2@readers.example").update(state="paused")
    Subscription.objects.filter(reader__address="r3@readers.example").update(state="pending")
    issue = make_issue(newsletter)
    assert freeze(issue.pk, now=timezone.now()).complete
    sending = Sending.objects.get(issue=issue)
    assert (sending.candidates, sending.deliveries, sending.excluded) == (9, 7, {"paused": 1, "pending": 1})
    assert status(issue.pk)["excluded"] == {"paused": 1, "pending": 1}
    issue.refresh_from_db()
    assert issue.state == Issue.State.SENDING


def test_an_audience_is_cut_into_chunks_of_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    issue = make_issue(readers=2300)
    freeze(issue.pk, now=timezone.now())
    assert list(Chunk.objects.order_by("pk").values_list("size", "queued")) == [(1000, 1000), (1000, 1000), (300, 300)]


def test_a_freeze_that_is_cut_short_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "PORTION", 100)
    issue = make_issue(readers=250)
    assert [freeze(issue.pk, now=timezone.now(), seconds=-1).complete for _ in range(3)] == [False, False, True]
    assert states(issue) == {"queued": 250}
    assert Sending.objects.get().moved_at is not None
    assert not freeze(issue.pk, now=timezone.now()).complete  # it is sending now: nothing to do
    assert Delivery.objects.count() == 250


def test_four_freezes_at_once_write_everybody_once() -> None:
    issue = make_issue(readers=5000)

    def run() -> None:
        freeze(issue.pk, now=timezone.now())
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states(issue) == {"queued": 5000}
    assert Issue.objects.get().state == Issue.State.SENDING


def test_an_address_that_moved_to_another_reader_gets_one_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "PORTION", 5)
    newsletter = make_newsletter()
    add_readers(newsletter, 10)
    issue = make_issue(newsletter)
    freeze(issue.pk, now=timezone.now(), seconds=-1)
    first, last = Reader.objects.order_by("pk").first(), Reader.objects.order_by("pk").last()
    assert first is not None
    assert last is not None
    Reader.objects.filter(pk=first.pk).update(address="new@readers.example")
    Reader.objects.filter(pk=last.pk).update(address=first.address)
    freeze(issue.pk, now=timezone.now())
    sending = Sending.objects.get()
    assert (sending.candidates, sending.deliveries, sending.excluded) == (10, 9, {"same_address": 1})
    assert Issue.objects.get().state == Issue.State.SENDING


def test_an_issue_without_readers_begins_with_nothing_to_send() -> None:
    issue = make_issue()
    assert freeze(issue.pk, now=timezone.now()).complete


def test_a_cancel_during_the_freeze_cancels_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "PORTION", 100)
    issue = make_issue(readers=250)
    freeze(issue.pk, now=timezone.now(), seconds=-1)
    cancel(issue.pk, by="t", now=timezone.now())
    assert not freeze(issue.pk, now=timezone.now()).complete
    assert states(issue) == {"cancelled": 100}
