"""Expiry, resending what is in doubt, readers added since, corrections: each once, each in the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from newsletter.catalogue.models import Newsletter, Sender
from newsletter.delivery.control import cancel, pause, resume, send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.extend import extend
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Chunk, Delivery, DeliveryState, Sending
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.resend import resend
from newsletter.delivery.status import deliveries
from newsletter.delivery.transports.memory import Memory
from newsletter.errors import Conflict, NewsletterError, NotFound, Refused
from newsletter.issues.approve import approve
from newsletter.issues.correct import correct
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.issues.queries import placed
from newsletter.readers.models import Subscription
from tests.delivery.sink import sink
from tests.delivery.stage import add_readers, check_promise, sending_issue, states, to
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(hours=24)


def approved(readers: int = 20, **given: object) -> Issue:
    make_article("Rivers of ice")
    newsletter = make_newsletter(**given)  # type: ignore[arg-type]
    add_readers(newsletter, readers)
    return approve(draft(newsletter, now=NOW, by="ada").pk, by="ada", now=NOW)


def sent(issue: Issue, **given: timedelta) -> Memory:
    """Send it, whole."""
    memory = Memory()
    send(issue.pk, by="ada", now=timezone.now(), **given)
    freeze(issue.pk, now=timezone.now())
    deliver(place="t", transport=memory)
    issue.refresh_from_db()
    return memory


def acts(issue: Issue) -> list[str]:
    return list(HistoryEntry.objects.filter(issue=issue).order_by("pk").values_list("act", flat=True))


def put_in_doubt(issue: Issue, number: int) -> None:
    """Leave ``number`` deliveries in doubt as a broken connection does."""
    some = list(Delivery.objects.filter(issue=issue).order_by("pk").values_list("pk", flat=True)[:number])
    Delivery.objects.filter(pk__in=some).update(state=DeliveryState.IN_DOUBT)
    for chunk in Chunk.objects.filter(issue=issue):
        doubtful = Delivery.objects.filter(chunk=chunk, state=DeliveryState.IN_DOUBT).count()
        Chunk.objects.filter(pk=chunk.pk).update(in_doubt=doubtful, accepted=chunk.size - doubtful)


# asked twice


@pytest.mark.parametrize("verb", [lambda pk, **who: pause(pk, reason="wait", **who), cancel])
def test_what_is_asked_twice_is_done_and_written_down_once(verb: Callable[..., Issue]) -> None:
    issue = sending_issue(readers=3)
    first = verb(issue.pk, by="ada", now=NOW)
    assert verb(issue.pk, by="bob", now=NOW).state == first.state
    assert len([act for act in acts(issue) if act in ("pause", "cancel")]) == 1


def test_resuming_what_goes_already_changes_nothing() -> None:
    issue = sending_issue(readers=3)
    assert resume(issue.pk, by="ada", now=NOW).state == Issue.State.SENDING
    assert "resume" not in acts(issue)


def test_pausing_twenty_times_and_cancelling_leaves_one_copy_each_at_most(tmp_path: Path) -> None:
    issue = sending_issue(readers=300)
    with sink(tmp_path) as relay:
        for _ in range(20):
            pause(issue.pk, by="ada", now=NOW, reason="wait")
            deliver(place="t", transport=to(relay.port), seconds=0.05)
            resume(issue.pk, by="ada", now=NOW)
            deliver(place="t", transport=to(relay.port), seconds=0.01)
        cancel(issue.pk, by="ada", now=NOW)
        reconcile(timezone.now())
        check_promise(issue, relay)


# expiry


def test_what_waits_when_an_issue_expires_does_not_go_out(tmp_path: Path) -> None:
    issue = sending_issue(readers=30)
    with sink(tmp_path, rcpt={"r1": ["450 4.2.0 later", 0]}) as relay:
        deliver(place="t", transport=to(relay.port))
        assert states(issue) == {"accepted": 19, "deferred": 11}
        Issue.objects.update(expires_at=timezone.now())
        assert reconcile(timezone.now()).expired == 11
        check_promise(issue, relay)
    issue.refresh_from_db()
    assert (states(issue), issue.state) == ({"accepted": 19, "expired": 11}, Issue.State.SENT)
    assert HistoryEntry.objects.get(issue=issue, act="expire").detail == {"deliveries": 11}


def test_an_expired_issue_is_neither_claimed_nor_marked(tmp_path: Path) -> None:
    issue = sending_issue(readers=1200)

    def expire(point: str) -> None:
        if point == "claimed":
            Issue.objects.update(expires_at=timezone.now())

    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port), witness=expire)
        assert deliver(place="t", transport=to(relay.port)) == {}
        assert relay.accepted() == []
    reconcile(timezone.now())
    assert states(issue) == {"expired": 1200}


def test_a_paused_issue_expires_too() -> None:
    issue = sending_issue(readers=5)
    pause(issue.pk, by="ada", now=NOW, reason="wait")
    Issue.objects.update(expires_at=timezone.now())
    reconcile(timezone.now())
    assert states(issue) == {"expired": 5}


def test_an_issue_expires_so_long_after_it_leaves() -> None:
    issue = approved()
    send(issue.pk, by="ada", now=NOW, cool_off=timedelta(minutes=10), expires=DAY)
    issue.refresh_from_db()
    assert issue.expires_at == NOW + DAY + timedelta(minutes=10)


def test_a_newsletter_s_policy_gives_every_issue_an_expiry() -> None:
    issue = approved(expires=DAY)
    send(issue.pk, by="ada", now=NOW)
    issue.refresh_from_db()
    assert issue.expires_at == NOW + DAY


# in doubt


def test_what_is_in_doubt_is_sent_again_with_the_same_message_id_when_a_person_says_so(tmp_path: Path) -> None:
    issue = sending_issue(readers=40)
    with sink(tmp_path / "a", cut_after_dot=10, spool=True) as relay:
        deliver(place="t", transport=to(relay.port))
        first = {_id(message) for message in relay.messages()}
    doubtful = states(issue)["in_doubt"]
    assert doubtful >= 3
    with sink(tmp_path / "b", spool=True) as relay:
        assert resend(issue.pk, by="ada", now=NOW) == doubtful
        assert resend(issue.pk, by="ada", now=NOW) == 0
        assert deliver(place="t", transport=to(relay.port)) == {"accepted": doubtful}
        again = {_id(message) for message in relay.messages()}
    assert again < first
    issue.refresh_from_db()
    assert (issue.state, states(issue)) == (Issue.State.SENT, {"accepted": 40})
    assert acts(issue)[-3:] == ["finish", "resend", "finish"]


def _id(message: bytes) -> bytes:
    return next(line for line in message.split(b"\r\n") if line.startswith(b"Message-ID"))


def test_a_resend_reaches_what_is_in_doubt_in_a_chunk_that_a_worker_holds(tmp_path: Path) -> None:
    issue = sending_issue(readers=200)
    asked: list[int] = []

    def ask(point: str) -> None:
        if point == "recorded" and not asked and states(issue).get("in_doubt"):
            asked.append(resend(issue.pk, by="ada", now=NOW))

    with sink(tmp_path, cut_after_dot=50) as relay:
        deliver(place="t", transport=to(relay.port, most=2), witness=ask)
    assert states(issue)["queued"] == asked[0] > 0
    assert deliver(place="t", transport=Memory()) == {"accepted": asked[0]}


def test_a_cancelled_issue_is_not_sent_again() -> None:
    issue = sending_issue(readers=4)
    put_in_doubt(issue, 2)
    cancel(issue.pk, by="ada", now=NOW)
    with pytest.raises(Conflict):
        resend(issue.pk, by="ada", now=NOW)


def test_an_expired_issue_is_not_sent_again() -> None:
    issue = sending_issue(readers=4)
    put_in_doubt(issue, 2)
    Issue.objects.update(expires_at=NOW)
    with pytest.raises(Refused):
        resend(issue.pk, by="ada", now=NOW)


def test_where_the_policy_says_resend_it_is_done_without_a_person_and_not_for_ever(tmp_path: Path) -> None:
    issue = sending_issue(readers=20)
    Newsletter.objects.update(in_doubt="resend")
    with sink(tmp_path, cut_after_dot=1) as relay:
        for _ in range(6):
            deliver(place="t", transport=to(relay.port))
        counted = {relay.accepted().count(f"r{number}@readers.example") for number in range(1, 21)}
    issue.refresh_from_db()
    assert (counted, states(issue), issue.state) == ({3}, {"in_doubt": 20}, Issue.State.SENT)


def test_without_a_policy_nothing_in_doubt_is_sent_again(tmp_path: Path) -> None:
    issue = sending_issue(readers=20)
    with sink(tmp_path, cut_after_dot=1) as relay:
        for _ in range(3):
            deliver(place="t", transport=to(relay.port))
            reconcile(timezone.now())
        assert len(relay.accepted()) == 20
    assert states(issue) == {"in_doubt": 20}


# added since


def test_readers_added_since_get_the_same_issue_once() -> None:
    issue = approved(readers=20)
    sent(issue)
    add_readers(issue.newsletter, 7, prefix="late")
    memory = Memory()
    assert extend(issue.pk, by="ada", now=NOW) == 7
    freeze(issue.pk, now=timezone.now())
    assert deliver(place="t", transport=memory) == {"accepted": 7}
    assert {address[:4] for address, _ in memory.messages} == {b"late"}
    assert extend(issue.pk, by="ada", now=NOW) == 0
    issue.refresh_from_db()
    sending = Sending.objects.get(issue=issue)
    assert (issue.state, sending.deliveries, sending.candidates) == (Issue.State.SENT, 27, 27)
    assert acts(issue)[-3:] == ["extend", "begin", "finish"]


def test_who_was_there_left_or_is_suppressed_is_not_among_those_added() -> None:
    issue = approved(readers=5)
    sent(issue)
    add_readers(issue.newsletter, 3, prefix="late")
    Subscription.objects.filter(reader__address="late1@readers.example").update(state="left")
    Subscription.objects.filter(reader__address="r1@readers.example").update(since=timezone.now())
    assert extend(issue.pk, by="ada", now=NOW) == 2


def test_an_extension_in_the_middle_of_a_send_loses_and_doubles_nobody(tmp_path: Path) -> None:
    issue = sending_issue(readers=1500)
    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port), seconds=0.05)
        add_readers(issue.newsletter, 30, prefix="late")
        extend(issue.pk, by="ada", now=NOW)
        assert deliver(place="t", transport=to(relay.port)) == {}
        pause(issue.pk, by="ada", now=NOW, reason="wait")
        assert resume(issue.pk, by="ada", now=NOW).state == Issue.State.FREEZING
        freeze(issue.pk, now=timezone.now())
        deliver(place="t", transport=to(relay.port))
        check_promise(issue, relay)
    assert states(issue) == {"accepted": 1530}


def test_a_paused_or_expired_issue_is_not_extended() -> None:
    issue = sending_issue(readers=2)
    add_readers(issue.newsletter, 1, prefix="late")
    pause(issue.pk, by="ada", now=NOW, reason="wait")
    with pytest.raises(Conflict):
        extend(issue.pk, by="ada", now=NOW)
    resume(issue.pk, by="ada", now=NOW)
    Issue.objects.update(expires_at=NOW)
    with pytest.raises(NewsletterError):
        extend(issue.pk, by="ada", now=NOW)


def test_a_delivery_is_listed_under_the_message_id_that_went_out() -> None:
    issue = approved(readers=1)
    memory = sent(issue)
    Sender.objects.update(address="week@other.example")
    (row,) = deliveries(issue.pk, state=None, after=0, limit=9)
    assert f"Message-ID: <{row['message_id']}>".encode() in memory.messages[0][1]


# corrections


def test_a_correction_goes_to_those_who_may_have_the_issue_and_to_nobody_else() -> None:
    issue = approved(readers=20)
    sent(issue)
    put_in_doubt(issue, 1)
    Delivery.objects.filter(address="r20@readers.example").update(state=DeliveryState.REFUSED)
    Subscription.objects.filter(reader__address="r19@readers.example").update(state="left")
    add_readers(issue.newsletter, 5, prefix="late")
    article = placed(issue)[0].article_id
    correction = correct(issue.pk, article_id=article, by="ada", now=NOW)
    reword(correction.pk, "note", "The year is 1996.", by="ada", now=NOW)
    approve(correction.pk, by="ada", now=NOW)
    memory = sent(correction)
    assert sorted(address.decode().split("@")[0] for address, _ in memory.messages) == sorted(
        f"r{number}" for number in range(1, 19)
    )
    assert b"Subject: Correction" in memory.messages[0][1]


def test_a_correction_is_opened_once_and_told_in_both_histories() -> None:
    issue = approved()
    sent(issue)
    first = correct(issue.pk, by="ada", now=NOW)
    assert correct(issue.pk, by="bob", now=NOW).pk == first.pk
    assert (acts(first), acts(issue)[-1]) == (["draft"], "correct")


def test_only_who_got_the_article_gets_its_correction() -> None:
    issue = approved()
    other = make_article("Elsewhere", newsletters=["asia"])
    sent(issue)
    with pytest.raises(NotFound):
        correct(issue.pk, article_id=other.pk, by="ada", now=NOW)


def test_what_did_not_go_out_needs_no_correction() -> None:
    with pytest.raises(Refused):
        correct(approved().pk, by="ada", now=NOW)


def test_a_correction_is_claimed_before_a_bulk_issue() -> None:
    issue = approved(readers=3)
    sent(issue)
    article = placed(issue)[0].article_id
    correction = approve(correct(issue.pk, article_id=article, by="ada", now=NOW).pk, by="ada", now=NOW)
    asia = make_newsletter("asia")
    add_readers(asia, 1100, prefix="a")
    sending_issue(asia, readers=0)
    send(correction.pk, by="ada", now=timezone.now())
    freeze(correction.pk, now=timezone.now())
    order: list[int] = []
    memory = Memory()

    def look(point: str) -> None:
        if point == "claimed":
            held = Chunk.objects.filter(owner__isnull=False).order_by("first_claimed_at")
            order.extend(issue for issue in held.values_list("issue_id", flat=True) if issue not in order)

    deliver(place="t", transport=memory, witness=look)
    assert order[0] == correction.pk


def test_a_correction_goes_before_the_bulk_issue_that_is_in_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.delivery.holdings.URGENT_SECONDS", 0.0)
    first = approved(readers=5)
    sent(first)
    article = placed(first)[0].article_id
    correction = approve(correct(first.pk, article_id=article, by="ada", now=NOW).pk, by="ada", now=NOW)
    asia = make_newsletter("asia")
    add_readers(asia, 900, prefix="bulk")
    sending_issue(asia, readers=0)
    before: list[int] = []
    with sink(tmp_path) as relay:

        def interfere(point: str) -> None:
            if point == "recorded" and not before and len(relay.accepted()) >= 100:
                send(correction.pk, by="ada", now=timezone.now())
                freeze(correction.pk, now=timezone.now())
                before.append(len(relay.accepted()))

        deliver(place="t", transport=to(relay.port, most=4), witness=interfere)
        order = [not address.startswith("bulk") for address in relay.accepted()]
    assert order.index(True) - before[0] <= 100  # some that were under way, of eight hundred
    assert order.count(True) == 5
