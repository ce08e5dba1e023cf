"""An issue is sent when nothing of it waits, whatever else is asked of it at that moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

from newsletter.catalogue.models import Newsletter
from newsletter.delivery.control import pause, resume
from newsletter.delivery.deliver import deliver
from newsletter.delivery.extend import extend
from newsletter.delivery.finish import finish_if_done
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, DeliveryState
from newsletter.delivery.outcome import SAME_REFUSALS
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.resend import resend
from newsletter.delivery.transports.memory import Memory
from newsletter.issues.models import HistoryEntry, Issue
from tests.delivery.meanwhile import held_up
from tests.delivery.stage import add_readers, database_url, sending_issue, states

pytestmark = pytest.mark.django_db(transaction=True)


def all_but_finished() -> Issue:
    """An issue of five: one reader whom the relay does not know, two in doubt, two accepted."""
    issue = sending_issue(readers=5)
    rows = list(Delivery.objects.filter(issue=issue).order_by("pk").values_list("pk", flat=True))
    Delivery.objects.filter(issue=issue).update(state=DeliveryState.ACCEPTED, attempts=1)
    refused = DeliveryState.REFUSED
    Delivery.objects.filter(pk=rows[0]).update(state=refused)
    given = {"delivery_id": rows[0], "at": timezone.now(), "outcome": refused, "relay": "t", "phase": "rcpt"}
    Attempt.objects.create(**given, code=550, enhanced="5.1.1", words="5.1.1 no such user")
    Delivery.objects.filter(pk__in=rows[1:3]).update(state=DeliveryState.IN_DOUBT)
    Chunk.objects.update(state=ChunkState.CLOSED, queued=0, refused=1, in_doubt=2, accepted=2)
    return issue


def send_again(issue: Issue) -> None:
    assert resend(issue.pk, by="ada", now=timezone.now()) == 2


def send_to_more(issue: Issue) -> None:
    add_readers(issue.newsletter, 2, prefix="late")
    assert extend(issue.pk, by="ada", now=timezone.now()) == 2
    assert freeze(issue.pk, now=timezone.now()).complete


@pytest.mark.parametrize("ask", [send_again, send_to_more])
def test_what_is_asked_while_addresses_are_suppressed_keeps_the_issue_from_being_sent(
    ask: Callable[[Issue], None],
) -> None:
    issue = all_but_finished()
    with psycopg.connect(database_url()) as other:
        other.execute("LOCK TABLE newsletter_suppression IN SHARE MODE")
        with held_up(lambda: finish_if_done(issue.pk, now=timezone.now())) as finished:
            ask(issue)
            other.rollback()
    assert finished == [False]
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.SENDING


def test_a_resend_that_is_not_committed_yet_keeps_the_issue_from_being_sent() -> None:
    issue = all_but_finished()
    with ExitStack() as until_committed, transaction.atomic():
        send_again(issue)
        finished = until_committed.enter_context(held_up(lambda: finish_if_done(issue.pk, now=timezone.now())))
    assert finished == [False]
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.SENDING


def test_nothing_is_sent_again_by_policy_once_a_person_has_paused() -> None:
    issue = all_but_finished()
    Newsletter.objects.update(in_doubt="resend")
    with ExitStack() as until_committed, transaction.atomic():
        pause(issue.pk, by="ada", now=timezone.now(), reason="a look")
        finished = until_committed.enter_context(held_up(lambda: finish_if_done(issue.pk, now=timezone.now())))
    assert finished == [False]
    assert states(issue)["in_doubt"] == 2


def test_whoever_resumes_holds_the_issue_before_any_chunk_of_it() -> None:
    issue = sending_issue(readers=SAME_REFUSALS)
    pause(issue.pk, by="system", now=timezone.now(), reason="5.7.1 not you", reply="550 5.7.1")
    refused = DeliveryState.REFUSED
    Delivery.objects.update(state=refused)
    given = {"at": timezone.now(), "outcome": refused, "relay": "t", "phase": "rcpt", "code": 550}
    for row in Delivery.objects.all():
        Attempt.objects.create(delivery=row, **given, enhanced="5.7.1", words="5.7.1 not you")
    with psycopg.connect(database_url()) as other, psycopg.connect(database_url()) as third:
        other.execute("SELECT FROM newsletter_issue FOR NO KEY UPDATE")
        with held_up(lambda: resume(issue.pk, by="ada", now=timezone.now())) as resumed:
            assert third.execute("SELECT FROM newsletter_chunk FOR NO KEY UPDATE SKIP LOCKED").rowcount == 1
            third.rollback()
            other.rollback()
    assert [one.state for one in resumed] == [Issue.State.SENDING]


def test_a_sent_issue_of_which_something_waits_goes_on() -> None:
    issue = sending_issue(readers=3)
    Issue.objects.update(state=Issue.State.SENT)
    reconcile(timezone.now())
    assert deliver(place="t", transport=Memory()) == {"accepted": 3}
    assert HistoryEntry.objects.get(issue=issue, act="resend").detail == {"waiting": 3}
