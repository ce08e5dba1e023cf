"""What was in doubt once is in doubt again when its next try comes to nothing: its reader may have a copy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from newsletter.catalogue.models import Newsletter
from newsletter.delivery.control import cancel
from newsletter.delivery.deliver import deliver
from newsletter.delivery.ledger import Ledger, claimed, marked
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, DeliveryState
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.resend import resend
from newsletter.delivery.transports.memory import Memory
from newsletter.issues.models import Issue
from newsletter.readers.models import Subscription
from tests.delivery.sink import sink
from tests.delivery.stage import sending_issue, states, to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queued_again(tmp_path: Path) -> Issue:
    """An issue of three that were all in doubt and wait once more."""
    issue = sending_issue(readers=3)
    with sink(tmp_path, cut_after_dot=1) as relay:
        deliver(place="t", transport=to(relay.port))
    assert states(issue) == {"in_doubt": 3}
    assert resend(issue.pk, by="ada", now=timezone.now()) == 3
    return issue


def test_a_cancel_calls_nothing_cancelled_that_may_have_been_sent(queued_again: Issue) -> None:
    cancel(queued_again.pk, by="ada", now=timezone.now())
    assert states(queued_again) == {"in_doubt": 3}


def test_an_expiry_calls_nothing_expired_that_may_have_been_sent(queued_again: Issue) -> None:
    Issue.objects.update(expires_at=timezone.now())
    reconcile(timezone.now())
    assert states(queued_again) == {"in_doubt": 3}


def test_what_is_given_up_after_two_days_is_in_doubt_if_it_may_have_been_sent(queued_again: Issue) -> None:
    deferred = DeliveryState.DEFERRED
    Delivery.objects.update(state=deferred, next_attempt_at=timezone.now())
    Chunk.objects.update(state=ChunkState.CLOSED, queued=0, deferred=3, next_attempt_at=timezone.now())
    given = {"at": timezone.now() - timedelta(hours=49), "outcome": deferred, "relay": "t", "phase": "rcpt"}
    Attempt.objects.create(delivery=Delivery.objects.earliest("pk"), code=450, **given)
    reconcile(timezone.now())
    assert states(queued_again) == {"queued": 2, "in_doubt": 1}


def test_who_left_before_the_claim_is_in_doubt_if_they_may_have_a_copy(queued_again: Issue) -> None:
    Subscription.objects.update(state="left")
    deliver(place="t", transport=Memory())
    assert states(queued_again) == {"in_doubt": 3}


def test_who_left_before_the_mark_is_in_doubt_if_they_may_have_a_copy(queued_again: Issue) -> None:
    ledger = Ledger(uuid4(), "t")
    claim = claimed(ledger.claims.ask_and_wait("claim", [ledger._owner]))
    assert claim is not None
    Subscription.objects.update(state="left")
    first = claim.rows[0].id
    said = marked(ledger.turns.ask_and_wait("turn", ledger._turn([claim.chunk], [], [first])))
    ledger.close()
    assert said == {first: DeliveryState.SKIPPED}
    assert states(queued_again) == {"queued": 2, "in_doubt": 1}


def test_a_policy_does_not_queue_again_and_again_who_left(queued_again: Issue) -> None:
    Newsletter.objects.update(in_doubt="resend")
    Subscription.objects.update(state="left")
    for _ in range(2):
        deliver(place="t", transport=Memory())
    assert Issue.objects.get(pk=queued_again.pk).state == Issue.State.SENT


def test_who_left_and_was_never_in_doubt_is_skipped() -> None:
    issue = sending_issue(readers=3)
    Subscription.objects.update(state="left")
    deliver(place="t", transport=Memory())
    assert states(issue) == {"skipped": 3}
