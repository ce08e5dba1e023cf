"""What a relay may say: greylisting, full boxes, unknown people, "not you", nonsense (F23-F26, F29)."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from django.utils import timezone

from newsletter.delivery.control import resume
from newsletter.delivery.conversation import Login
from newsletter.delivery.models import Attempt, DeliveryState
from newsletter.delivery.relay import Relay
from newsletter.delivery.transports.smtp import Smtp
from newsletter.issues.models import Issue
from newsletter.readers.address import address_hash
from newsletter.readers.models import Suppression
from tests.delivery.sink import sink
from tests.delivery.stage import sending_issue, states, to
from tests.faults.account import account, dice
from tests.faults.drive import drive, is_paused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]
CONNECTIONS = 4


def test_greylisting_everybody_is_accepted_at_a_later_try(tmp_path: Path) -> None:
    issue = sending_issue(readers=300)
    with sink(tmp_path, rcpt={"@readers": ["451 4.2.2 greylisted, try again", 1]}) as relay:
        took = drive(issue, lambda: to(relay.port))
        account("F23", "greylisting: every first try gets 451", issue, relay, runs=300, recovered=took)
    assert states(issue) == {"accepted": 300}
    assert Attempt.objects.filter(delivery__issue=issue).count() == 600


def test_no_room_now_is_deferred_and_a_full_box_is_tried_again(tmp_path: Path) -> None:
    issue = sending_issue(readers=300)
    rules = {"r1": ["452 4.2.2 no room", 1], "r2": ["552 5.2.2 mailbox full", 2], "r3": ["452 4.1.1 not yet", 1]}
    with sink(tmp_path, rcpt=rules) as relay:
        took = drive(issue, lambda: to(relay.port))
        account("F24", "452 and 552 5.2.2: later", issue, relay, runs=300, recovered=took)
    assert states(issue) == {"accepted": 300}
    assert not Suppression.objects.exists()


def test_a_message_too_big_for_the_relay_pauses_the_issue(tmp_path: Path) -> None:
    issue = sending_issue(readers=300)
    with sink(tmp_path, answer="552 5.3.4 message too big") as relay:
        drive(issue, lambda: to(relay.port, most=CONNECTIONS))
        assert is_paused(issue)
        assert states(issue) == {"queued": 300}
        assert "too big" in Issue.objects.get(pk=issue.pk).pause_reason


def test_exactly_the_unknown_are_refused_and_suppressed(tmp_path: Path) -> None:
    seed, random = dice()
    issue = sending_issue(readers=1000)
    unknown = {f"r{number}@readers.example" for number in random.sample(range(1, 1001), 50)}
    with sink(tmp_path, rcpt={name: ["550 5.1.1 no such person", 0] for name in unknown}) as relay:
        took = drive(issue, lambda: to(relay.port))
        account("F25", "550 5.1.1 for 5 %", issue, relay, runs=50, recovered=took, seed=seed)
    refused = issue.deliveries.filter(state=DeliveryState.REFUSED).values_list("address", flat=True)
    assert set(refused) == unknown
    suppressed = {bytes(found) for found in Suppression.objects.values_list("address_hash", flat=True)}
    assert suppressed == {address_hash(address) for address in unknown}


@pytest.mark.parametrize(
    ("name", "rules", "words"),
    [
        ("550 5.7.1 to every recipient", {"rcpt": {"@": ["550 5.7.1 not from you", 0]}}, "not from you"),
        ("550 5.7.1 after the dot", {"answer": "550 5.7.1 not from you"}, "not from you"),
        ("550 5.7.1 to MAIL", {"mail": "550 5.7.1 not from you"}, "not from you"),
        ("530 to MAIL", {"mail": "530 5.7.0 log in first"}, "log in first"),
        (
            "535 to AUTH",
            {"with": ["AUTH PLAIN"], "at": {"auth": {"say": "535 5.7.8 wrong password"}}},
            "wrong password",
        ),
    ],
)
def test_a_refusal_of_all_of_us_pauses_within_ten_rows_and_suppresses_nobody(
    name: str, rules: dict[str, object], words: str, tmp_path: Path
) -> None:
    issue = sending_issue(readers=500)
    with sink(tmp_path, **rules) as relay:
        login = "someone:secret@" if "AUTH" in name else ""
        drive(issue, lambda: _with_login(relay.port, login), slice_seconds=3)
        assert is_paused(issue)
        found = states(issue)
        assert found.get("refused", 0) <= 10
        assert found["queued"] == 500 - found.get("refused", 0)
        assert words in Issue.objects.get(pk=issue.pk).pause_reason
        assert not Suppression.objects.exists()
        relay.follow()

        resume(issue.pk, by="ada", now=timezone.now())
        took = drive(issue, lambda: to(relay.port))
        account("F26", name, issue, relay, recovered=took)


def _with_login(port: int, login: str) -> Smtp:
    given = Login("someone", "secret") if login else None
    return Smtp(Relay("127.0.0.1", port, login=given, command_seconds=10, answer_seconds=10), most=CONNECTIONS)


def test_forwarding_and_replies_of_many_lines_are_a_yes(tmp_path: Path) -> None:
    issue = sending_issue(readers=300)
    rules = {
        "r1": ["251 2.1.5 will forward", 0],
        "r2": ["252 2.1.5 cannot verify", 0],
        "r3": ["250-2.1.5 one\r\n250-2.1.5 two\r\n250 2.1.5 three", 0],
    }
    with sink(tmp_path, rcpt=rules, answer="250-2.0.0 taken\r\n250 2.0.0 as 4711") as relay:
        drive(issue, lambda: to(relay.port))
        account("F29", "251, 252, replies of many lines", issue, relay, runs=300)
    assert states(issue) == {"accepted": 300}


@pytest.mark.parametrize(
    ("name", "phase", "fault", "after_the_dot"),
    [
        ("garbage in the greeting", "greeting", {"raw": "hello there\r\n"}, False),
        ("garbage to MAIL", "mail", {"raw": "\x00\xff nonsense\r\n"}, False),
        ("garbage to RCPT", "rcpt", {"raw": "25O ok\r\n"}, False),
        ("a reply of 8 MB without an end to RCPT", "rcpt", {"raw": "250 " + "a" * 1020, "repeat": 8192}, False),
        ("8 MB of continued lines to RCPT", "rcpt", {"raw": "250-" + "a" * 1018 + "\r\n", "repeat": 8192}, False),
        ("garbage after the dot", "answer", {"raw": "!\r\n"}, True),
        ("half an answer after the dot", "answer", {"raw": "25", "cut": True}, True),
        ("8 MB after the dot", "answer", {"raw": "250 " + "a" * 1020, "repeat": 8192}, True),
    ],
)
def test_nonsense_costs_a_connection_and_no_copy(
    name: str, phase: str, fault: dict[str, object], after_the_dot: bool, tmp_path: Path
) -> None:
    times = 10
    issue = sending_issue(readers=200)
    with sink(tmp_path, at={phase: {**fault, "every": 3, "times": times}}) as relay:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS), seconds=150)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        account("F29", name, issue, relay, runs=times, cut=times if after_the_dot else 0, recovered=took)
    assert states(issue).get("in_doubt", 0) == (times if after_the_dot else 0)
    assert grown < 50 * 1024  # kilobytes
