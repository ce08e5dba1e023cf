"""A relay that wants nothing of us: the issue pauses in its words after a bounded time, for few readers (F26)."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from newsletter.delivery import absence
from newsletter.delivery.control import resume
from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Attempt, Delivery, DeliveryState, RefusalRun
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.readers.models import Suppression
from tests.delivery.sink import sink
from tests.delivery.stage import sending_issue, states, to
from tests.faults.account import account
from tests.faults.drive import drive, is_paused

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 4
WORKERS = 3


def _all_at_once(port: int) -> None:
    """Several worker hosts, each with a chunk of its own, until the issue is paused or sent."""

    def work(place: str) -> None:
        try:
            deliver(place=place, transport=to(port, most=CONNECTIONS), seconds=20)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"host-{number}",)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _refused_at_worst(issue: Issue) -> int:
    """How many readers ever stood as refused."""
    return Attempt.objects.filter(delivery__issue=issue, outcome=DeliveryState.REFUSED).count()


@pytest.mark.short
@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("550 5.7.1 to every recipient", {"rcpt": {"@": ["550 5.7.1 not from you", 0]}}),
        ("550 5.7.1 after the dot", {"answer": "550 5.7.1 not from you"}),
        ("550 5.7.1 in words that name each recipient", {"rcpt": {"@": ["550 5.7.1 <{}> not from you", 0]}}),
    ],
)
def test_ten_in_a_row_are_counted_over_all_workers(name: str, rules: dict[str, object], tmp_path: Path) -> None:
    issue = sending_issue(readers=3000)
    with sink(tmp_path, **rules) as relay:
        _all_at_once(relay.port)
        assert is_paused(issue)
        assert states(issue) == {"queued": 2990, "refused": 10}
        assert _refused_at_worst(issue) == 10
        assert not Suppression.objects.exists()
        relay.follow()
        resume(issue.pk, by="ada", now=timezone.now())
        assert not RefusalRun.objects.exists()
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS))
        account("F26", f"{name}, {WORKERS} workers", issue, relay, recovered=took)
    assert states(issue) == {"accepted": 3000}


def test_where_refusals_begin_midway_they_cost_at_most_ten_a_worker_and_one_a_connection(tmp_path: Path) -> None:
    issue = sending_issue(readers=3000)
    with sink(tmp_path, delay=0.02) as relay:

        def turn() -> None:
            while len(relay.accepted()) < 300:
                time.sleep(0.005)
            relay.follow(rcpt={"@": ["550 5.7.1 not from you", 0]})

        thread = threading.Thread(target=turn)
        thread.start()
        _all_at_once(relay.port)
        thread.join()
        assert is_paused(issue)
        assert _refused_at_worst(issue) <= WORKERS * (10 + CONNECTIONS)
        relay.follow()
        resume(issue.pk, by="ada", now=timezone.now())
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS))
        account("F26", f"550 5.7.1 from the 300th on, {WORKERS} workers", issue, relay, recovered=took)
    assert states(issue) == {"accepted": 3000}


@pytest.mark.short
def test_single_refusals_between_acceptances_of_other_workers_pause_nothing(tmp_path: Path) -> None:
    issue = sending_issue(readers=3000)
    with sink(tmp_path, rcpt={"7@": ["550 5.1.1 no such person", 0]}) as relay:
        _all_at_once(relay.port)
    assert states(issue) == {"accepted": 2700, "refused": 300}
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.SENT


@pytest.mark.short
@pytest.mark.parametrize(
    ("name", "rules", "words"),
    [
        ("554 in the greeting", {"at": {"greeting": {"say": "554 5.7.1 no mail from there", "cut": True}}}, "no mail"),
        ("503 to every recipient", {"rcpt": {"@": ["503 5.5.1 log in first", 0]}}, "log in first"),
    ],
)
def test_a_relay_that_takes_nothing_pauses_the_issue_in_its_words_and_burns_nobody(
    name: str, rules: dict[str, object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absence, "REFUSED_SESSIONS", 4)  # 3.5 instead of 15 seconds
    _pause_in_words(name, rules, words, tmp_path)


def test_a_relay_that_says_554_to_every_connection_pauses_the_issue_within_half_a_minute(tmp_path: Path) -> None:
    rules = {"at": {"greeting": {"say": "554 5.7.1 no mail from there", "cut": True}}}
    _pause_in_words("554 in the greeting, in full", rules, "no mail", tmp_path)


def _pause_in_words(name: str, rules: dict[str, object], words: str, folder: Path) -> None:
    issue = sending_issue(readers=200)
    with sink(folder, **rules) as relay:
        started = time.monotonic()
        drive(issue, lambda: to(relay.port, most=CONNECTIONS), slice_seconds=50)
        paused_after = time.monotonic() - started
        assert is_paused(issue)
        assert words in Issue.objects.get(pk=issue.pk).pause_reason
        assert HistoryEntry.objects.filter(issue=issue, act="pause", by="system").count() == 1
        assert not Attempt.objects.filter(delivery__issue=issue).exists()
        relay.follow()
        resume(issue.pk, by="ada", now=timezone.now())
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS), slice_seconds=40)
        remark = f"paused after {paused_after:.0f} s, no attempt burnt"
        account("F26", name, issue, relay, recovered=took, remark=remark)
    assert states(issue) == {"accepted": 200}
    assert set(Delivery.objects.filter(issue=issue).values_list("attempts", flat=True)) == {1}
    assert paused_after <= 60
