"""From frozen rows to a relay: every answer ends in the state it means, and the book agrees with the witness."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Attempt, Chunk, Delivery, DeliveryState
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.status import deliveries, status
from newsletter.delivery.transports.memory import Memory
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.readers.models import Subscription, Suppression
from tests.delivery.sink import sink
from tests.delivery.stage import check_promise, sending_issue, states, to

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_reader_gets_one_copy_and_the_issue_is_finished(tmp_path: Path) -> None:
    issue = sending_issue(readers=2500)
    with sink(tmp_path) as relay:
        assert deliver(place="t", transport=to(relay.port)) == {"accepted": 2500}
        check_promise(issue, relay)
    issue.refresh_from_db()
    assert issue.state == Issue.State.SENT
    assert status(issue.pk)["counts"] == {
        "queued": 0, "leased": 0, "wire": 0, "accepted": 2500, "refused": 0, "deferred": 0, "in_doubt": 0,
        "skipped": 0, "expired": 0, "cancelled": 0,
    }  # fmt: skip


def test_a_relay_without_pipelining_gets_the_same(tmp_path: Path) -> None:
    issue = sending_issue(readers=50)
    with sink(tmp_path, without=["PIPELINING"]) as relay:
        assert deliver(place="t", transport=to(relay.port)) == {"accepted": 50}
        check_promise(issue, relay)


def test_a_copy_carries_its_reader_s_name_address_and_return_path(tmp_path: Path) -> None:
    issue = sending_issue(readers=1)
    with sink(tmp_path, spool=True) as relay:
        deliver(place="t", transport=to(relay.port))
        seen = message_from_bytes(relay.messages()[0], policy=policy.SMTP)
    row = Delivery.objects.get(issue=issue)
    assert str(seen["To"]) == "Reader 1 <r1@readers.example>"
    assert str(seen["Message-ID"]) == f"<{issue.pk}.{row.pk}@news.example>"
    assert next(deliveries(issue.pk, state=None, after=0, limit=1)) == {
        "id": row.pk,
        "address": "r1@readers.example",
        "variant": "1",
        "state": "accepted",
        "reason": "",
        "attempts": 1,
        "code": 250,
        "reply": "250 2.0.0 Ok",
        "message_id": f"{issue.pk}.{row.pk}@news.example",
    }


def test_refused_deferred_and_soft_recipients_end_in_their_states(tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    rules = {
        "r11@": ["550 5.1.1 no such person", 0],
        "r12@": ["450 4.2.0 greylisted", 0],
        "r13@": ["552 5.2.2 mailbox full", 0],
        "r14@": ["452 4.2.2 later", 0],
        "r15@": ["251 2.1.5 will forward", 0],
    }
    with sink(tmp_path, rcpt=rules) as relay:
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay, done=False)
    assert states(issue) == {"accepted": 56, "refused": 1, "deferred": 3}
    refused = Attempt.objects.get(delivery__address="r11@readers.example")
    assert (refused.phase, refused.code, refused.enhanced, refused.words) == (
        "rcpt",
        550,
        "5.1.1",
        "5.1.1 no such person",
    )


def test_a_deferred_delivery_is_tried_again_and_then_accepted(tmp_path: Path) -> None:
    issue = sending_issue(readers=20)
    with sink(tmp_path, rcpt={"r1": ["450 4.2.0 greylisted", 1]}) as relay:
        deliver(place="t", transport=to(relay.port))
        assert states(issue) == {"accepted": 9, "deferred": 11}
        Delivery.objects.filter(state=DeliveryState.DEFERRED).update(next_attempt_at=timezone.now())
        Chunk.objects.update(next_attempt_at=timezone.now())
        assert reconcile(timezone.now()).retried == 11
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
    issue.refresh_from_db()
    assert (states(issue), issue.state) == ({"accepted": 20}, Issue.State.SENT)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1, 2}


def test_the_same_refusal_of_everybody_pauses_the_issue_with_the_relay_s_words(tmp_path: Path) -> None:
    issue = sending_issue(readers=200)
    with sink(tmp_path, rcpt={"@": ["550 5.7.1 your address has a bad name", 0]}) as relay:
        deliver(place="t", transport=to(relay.port, most=16))
    issue.refresh_from_db()
    assert (issue.state, issue.pause_reason) == (Issue.State.PAUSED, "5.7.1 your address has a bad name")
    assert states(issue) == {"queued": 190, "refused": 10}


def test_a_pause_names_no_reader_whom_the_relay_s_words_name(tmp_path: Path) -> None:
    issue = sending_issue(readers=20)
    with sink(tmp_path, rcpt={"@": ["550 5.7.1 <r1@readers.example>: not from you", 0]}) as relay:
        deliver(place="t", transport=to(relay.port))
    issue.refresh_from_db()
    told = HistoryEntry.objects.get(issue=issue, act="pause").detail["reason"]
    assert (issue.pause_reason, told) == ("5.7.1 <(masked)>: not from you",) * 2


def test_a_refused_sender_pauses_at_once_and_burns_nobody(tmp_path: Path) -> None:
    issue = sending_issue(readers=50)
    with sink(tmp_path, mail="530 5.7.0 log in first") as relay:
        deliver(place="t", transport=to(relay.port))
    issue.refresh_from_db()
    assert (issue.state, states(issue)) == (Issue.State.PAUSED, {"queued": 50})
    assert Attempt.objects.count() == 0


def test_connections_that_the_relay_ends_lose_nothing(tmp_path: Path) -> None:
    issue = sending_issue(readers=300)
    with sink(tmp_path, bye_after=7) as relay:
        assert deliver(place="t", transport=to(relay.port)) == {"accepted": 300}
        check_promise(issue, relay)


def test_a_connection_cut_after_the_dot_leaves_one_in_doubt(tmp_path: Path) -> None:
    issue = sending_issue(readers=100)
    with sink(tmp_path, cut_after_dot=10) as relay:
        deliver(place="t", transport=to(relay.port))
        seen = states(issue)
        check_promise(issue, relay, cut=seen["in_doubt"])
    assert seen["in_doubt"] >= 8
    assert seen["in_doubt"] + seen["accepted"] == 100


def test_a_relay_that_is_away_burns_no_attempt() -> None:
    issue = sending_issue(readers=5)
    assert deliver(place="t", transport=to(1), seconds=1) == {}
    assert states(issue) == {"queued": 5}
    assert Chunk.objects.get().state == 0


def test_who_left_or_was_suppressed_after_the_freeze_gets_nothing(tmp_path: Path) -> None:
    issue = sending_issue(readers=30)
    Subscription.objects.filter(reader__address="r3@readers.example").update(state="left")
    hashed = Delivery.objects.get(address="r4@readers.example").reader.address_hash
    Suppression.objects.create(address_hash=hashed, reason="complained", at=timezone.now(), by="t")
    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
        assert not {"r3@readers.example", "r4@readers.example"} & set(relay.accepted())
    skipped = Delivery.objects.filter(state=DeliveryState.SKIPPED).order_by("pk").values_list("reason", flat=True)
    assert list(skipped) == ["not_subscribed", "suppressed"]


def test_who_leaves_between_the_claim_and_the_mark_gets_nothing(tmp_path: Path) -> None:
    issue = sending_issue(readers=30)

    def leave(point: str) -> None:
        if point == "claimed":
            Subscription.objects.filter(reader__address="r20@readers.example").update(state="left")

    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port), witness=leave)
        check_promise(issue, relay)
        assert "r20@readers.example" not in relay.accepted()
    assert states(issue) == {"accepted": 29, "skipped": 1}


def test_a_pause_in_the_middle_stops_and_a_resume_goes_on(tmp_path: Path) -> None:
    issue = sending_issue(readers=400)
    points: list[str] = []

    def pause_at_hundred(point: str) -> None:
        points.append(point)
        if points.count("answered") == 100 and point == "answered":
            Issue.objects.filter(pk=issue.pk).update(state=Issue.State.PAUSED)

    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port), witness=pause_at_hundred)
        stopped_at = states(issue)
        assert 100 <= stopped_at["accepted"] <= 100 + 2 * 4
        assert stopped_at["queued"] == 400 - stopped_at["accepted"]
        Issue.objects.filter(pk=issue.pk).update(state=Issue.State.SENDING)
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 400}


def test_an_address_no_relay_can_take_is_refused_and_the_others_go(tmp_path: Path) -> None:
    issue = sending_issue(readers=10)
    Delivery.objects.filter(address="r5@readers.example").update(address="r5 @readers")
    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 9, "refused": 1}


def test_one_worker_host_has_one_deliverer(tmp_path: Path) -> None:
    sending_issue(readers=3)
    second: list[object] = []

    def try_another(point: str) -> None:
        if point == "claimed":
            second.append(deliver(place="t", transport=Memory()))

    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port), witness=try_another)
    assert second == [None]


def test_a_transport_that_answers_at_once_keeps_the_same_promise() -> None:
    issue = sending_issue(readers=40)
    memory = Memory()
    assert deliver(place="t", transport=memory) == {"accepted": 40}
    assert sorted(recipient for recipient, _ in memory.messages) == sorted(
        f"r{number}@readers.example".encode() for number in range(1, 41)
    )
    assert states(issue) == {"accepted": 40}
