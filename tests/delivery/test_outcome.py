"""What every class of answer means for a delivery, and for the issue."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.delivery.control import pause, resume
from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Attempt, Delivery, DeliveryState
from newsletter.delivery.outcome import ACCEPTED, Outcome, backoff, judge
from newsletter.delivery.pardon import pardon
from newsletter.delivery.transport import ANSWER, DATA, MAIL, RCPT, Reply
from newsletter.delivery.transports.memory import Memory
from newsletter.issues.models import HistoryEntry, Issue
from tests.delivery.sink import sink
from tests.delivery.stage import check_promise, sending_issue, states, to
from tests.factories import NOW

DEFERRED, REFUSED = Outcome(DeliveryState.DEFERRED), Outcome(DeliveryState.REFUSED)
OURS = Outcome(DeliveryState.QUEUED, ours=True)


@pytest.mark.parametrize(
    ("phase", "code", "enhanced", "means"),
    [
        (ANSWER, 250, "2.0.0", ACCEPTED),
        (MAIL, 450, "", DEFERRED),
        (MAIL, 530, "5.7.0", OURS),  # log in first, TLS first
        (MAIL, 550, "5.7.1", OURS),  # our standing
        (MAIL, 553, "5.1.8", OURS),  # our sender
        (RCPT, 450, "4.2.0", DEFERRED),  # greylisting
        (RCPT, 451, "4.7.1", DEFERRED),
        (RCPT, 452, "4.2.2", DEFERRED),
        (RCPT, 452, "4.5.3", DEFERRED),
        (RCPT, 550, "5.1.1", REFUSED),
        (RCPT, 550, "", REFUSED),
        (ANSWER, 503, "5.5.1", DEFERRED),  # the relay is out of step
        (RCPT, 550, "5.2.2", DEFERRED),  # a full mailbox is full for now
        (RCPT, 552, "5.2.2", DEFERRED),
        (RCPT, 552, "", DEFERRED),
        (RCPT, 552, "5.2.3", REFUSED),  # too long for this mailbox alone
        (RCPT, 552, "5.3.4", OURS),  # too big for the relay: for all of them
        (RCPT, 553, "5.1.3", REFUSED),
        (DATA, 554, "5.7.1", REFUSED),
        (ANSWER, 421, "4.3.2", DEFERRED),
        (ANSWER, 452, "4.3.1", DEFERRED),
        (ANSWER, 552, "5.3.1", DEFERRED),
        (ANSWER, 552, "5.3.4", OURS),
        (ANSWER, 554, "5.7.1", REFUSED),
    ],
)
def test_an_answer_means(phase: str, code: int, enhanced: str, means: Outcome) -> None:
    assert judge(phase, Reply(code, enhanced, "words")) == means


def test_the_waits_grow() -> None:
    minutes = [backoff(number) / timedelta(minutes=1) for number in range(1, 9)]
    assert minutes == [5, 15, 30, 60, 120, 240, 240, 240]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", ["354 go on", "199 hm", "220 hello", "600 what"])
def test_a_code_that_is_no_answer_to_a_recipient_refuses_nobody(code: str, tmp_path: Path) -> None:
    issue = sending_issue(readers=3)
    with sink(tmp_path, rcpt={"r2@": [code, 1]}) as relay:
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 3}


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_no_answer_to_a_message_leaves_it_in_doubt(tmp_path: Path) -> None:
    issue = sending_issue(readers=2)
    with sink(tmp_path, answer="354 go on") as relay:
        deliver(place="t", transport=to(relay.port))
    assert states(issue) == {"in_doubt": 2}


@pytest.mark.django_db(transaction=True)
def test_a_message_too_big_for_the_relay_pauses_and_burns_nobody(tmp_path: Path) -> None:
    issue = sending_issue(readers=50)
    with sink(tmp_path, answer="552 5.3.4 message too big") as relay:
        deliver(place="t", transport=to(relay.port))
    issue.refresh_from_db()
    assert (issue.state, issue.pause_reason) == (Issue.State.PAUSED, "5.3.4 message too big")
    assert (states(issue), Attempt.objects.count()) == ({"queued": 50}, 0)


@pytest.mark.django_db(transaction=True)
def test_who_was_refused_for_our_fault_gets_the_issue_after_it_is_resumed(tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path / "a", rcpt={"@": ["550 5.7.1 your address has a bad name", 0]}) as relay:
        deliver(place="t", transport=to(relay.port))
    refused = states(issue)["refused"]
    resume(issue.pk, by="ada", now=NOW)
    with sink(tmp_path / "b") as relay:
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 60}
    assert HistoryEntry.objects.get(issue=issue, act="resume").detail == {"refused": refused}


@pytest.mark.django_db(transaction=True)
def test_a_pause_for_equal_refusals_names_what_they_have_in_common(tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path, rcpt={"@": ["550 5.7.1 <{}> not from you", 0]}) as relay:
        deliver(place="t", transport=to(relay.port))
    assert HistoryEntry.objects.get(issue=issue, act="pause").detail["reply"] == "550 5.7.1"


@pytest.mark.django_db(transaction=True)
def test_who_was_refused_in_other_words_than_the_pause_repeats_is_pardoned_too(tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path, rcpt={"@": ["550 5.7.1 <{}> not from you", 0]}) as relay:
        deliver(place="t", transport=to(relay.port))
    told = HistoryEntry.objects.get(issue=issue, act="pause")  # the tenth, to another worker, whom that one put back
    told.detail["reason"] = "5.7.1 <nobody@readers.example> not from you"
    told.save()
    assert pardon(issue.pk) == 10


@pytest.mark.django_db(transaction=True)
def test_a_pause_of_an_older_version_goes_by_its_words(tmp_path: Path) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path, rcpt={"@": ["550 5.7.1 not from you", 0]}) as relay:
        deliver(place="t", transport=to(relay.port))
    told = HistoryEntry.objects.get(issue=issue, act="pause")
    del told.detail["reply"]
    told.save()
    assert pardon(issue.pk) == 10


@pytest.mark.django_db(transaction=True)
def test_a_refusal_of_one_reader_stays_when_a_person_paused() -> None:
    issue = sending_issue(readers=30)
    for row in Delivery.objects.all()[:12]:
        Attempt.objects.create(delivery=row, at=NOW, outcome=DeliveryState.REFUSED, relay="r", phase="rcpt", code=550)
        Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.REFUSED)
    pause(issue.pk, by="ada", now=NOW, reason="wait")
    assert pardon(issue.pk) == 0


@pytest.mark.django_db(transaction=True)
def test_words_in_any_script_are_kept_as_the_relay_wrote_them(tmp_path: Path) -> None:
    sending_issue(readers=2)
    with sink(tmp_path, rcpt={"r1@": ["550 5.1.1 нет такого ящика <b>", 0]}) as relay:
        deliver(place="t", transport=to(relay.port))
    assert Attempt.objects.get(code=550).words == "5.1.1 нет такого ящика <b>"


@pytest.mark.django_db(transaction=True)
def test_a_transport_that_answers_at_once_pauses_nothing() -> None:
    issue = sending_issue(readers=2)
    assert deliver(place="t", transport=Memory()) == {"accepted": 2}
    assert pardon(issue.pk) == 0
