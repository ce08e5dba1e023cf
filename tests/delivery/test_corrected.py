"""A correction of an issue that is still going out: nobody is handed the faulty copy and misses the correction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.delivery.control import cancel, pause, resume, send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.extend import extend
from newsletter.delivery.freeze import Frozen, freeze
from newsletter.delivery.models import Delivery, DeliveryState
from newsletter.delivery.transports.memory import Memory
from newsletter.errors import Refused
from newsletter.issues.approve import approve
from newsletter.issues.correct import correct
from newsletter.issues.draft import draft
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.issues.queries import placed
from tests.delivery.stage import add_readers
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)
State = Issue.State


@pytest.fixture
def issue() -> Issue:
    """An issue of sixty readers that is sending, and of which nothing has gone out."""
    article = make_article("Rivers of ice")
    newsletter = make_newsletter()
    add_readers(newsletter, 60)
    made = approve(draft(newsletter, now=NOW, by="ada").pk, by="ada", now=NOW)
    assert [pick.article_id for pick in placed(made)] == [article.pk]
    return let_go(made)


@pytest.fixture
def correction(issue: Issue) -> Issue:
    """Its correction, approved."""
    opened = correct(issue.pk, article_id=placed(issue)[0].article_id, by="ada", now=NOW)
    return approve(opened.pk, by="ada", now=NOW)


def let_go(issue: Issue) -> Issue:
    send(issue.pk, by="ada", now=timezone.now())
    assert freeze(issue.pk, now=timezone.now()).complete
    issue.refresh_from_db()
    return issue


def got(issue: Issue) -> set[str]:
    return set(Delivery.objects.filter(issue=issue, state=DeliveryState.ACCEPTED).values_list("address", flat=True))


def hand_over() -> None:
    deliver(place="t", transport=Memory())


def hand_over_some() -> None:
    """Hand over for one message or a few."""
    begun: list[str] = []

    def begin(point: str) -> None:
        begun.append(point)

    deliver(place="t", transport=Memory(), witness=begin, stopping=lambda: "sent" in begun)


def test_sending_a_correction_pauses_what_it_corrects(issue: Issue, correction: Issue) -> None:
    send(correction.pk, by="ada", now=timezone.now())
    issue.refresh_from_db()
    assert issue.state == State.PAUSED


def test_a_cool_off_pauses_it_too(issue: Issue, correction: Issue) -> None:
    send(correction.pk, by="ada", now=timezone.now(), cool_off=timedelta(minutes=10))
    issue.refresh_from_db()
    assert issue.state == State.PAUSED


def test_the_history_tells_for_which_correction_it_paused(issue: Issue, correction: Issue) -> None:
    send(correction.pk, by="bob", now=timezone.now())
    told = HistoryEntry.objects.get(issue=issue, act="pause")
    assert (told.by, f"Correction {correction.pk} " in told.detail["reason"]) == ("bob", True)


def test_what_was_paused_already_tells_of_the_correction_before_the_old_reason(issue: Issue, correction: Issue) -> None:
    pause(issue.pk, by="ada", now=NOW, reason="wrong year")
    send(correction.pk, by="ada", now=timezone.now())
    issue.refresh_from_db()
    assert issue.pause_reason.startswith(f"Correction {correction.pk} ")
    assert issue.pause_reason.endswith("wrong year")


def test_a_correction_that_is_not_sent_pauses_nothing(issue: Issue, correction: Issue) -> None:
    issue.refresh_from_db()
    assert issue.state == State.SENDING


def test_whoever_is_being_handed_a_copy_gets_the_correction(
    issue: Issue, correction: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.delivery.corrected.SETTLE_SECONDS", 0.0)
    early: list[Frozen] = []

    def interfere(point: str) -> None:
        if point == "sent" and not early:
            send(correction.pk, by="ada", now=timezone.now())
            early.append(freeze(correction.pk, now=timezone.now()))

    deliver(place="t", transport=Memory(), witness=interfere)
    freeze(correction.pk, now=timezone.now())
    hand_over()
    assert 0 < len(got(issue)) < 60
    assert got(correction) == got(issue)


def test_it_does_not_go_on_before_it_is_settled_who_has_a_copy(issue: Issue, correction: Issue) -> None:
    send(correction.pk, by="ada", now=timezone.now())
    with pytest.raises(Refused):
        resume(issue.pk, by="ada", now=NOW)


def test_it_does_not_go_on_while_its_correction_cools_off(issue: Issue, correction: Issue) -> None:
    send(correction.pk, by="ada", now=timezone.now(), cool_off=timedelta(minutes=10))
    with pytest.raises(Refused):
        resume(issue.pk, by="ada", now=NOW)


def test_it_may_go_on_when_its_correction_is_cancelled(issue: Issue, correction: Issue) -> None:
    send(correction.pk, by="ada", now=timezone.now())
    cancel(correction.pk, by="ada", now=NOW)
    assert resume(issue.pk, by="ada", now=NOW).state == State.SENDING


def test_who_got_it_after_the_correction_gets_that_by_an_extension(issue: Issue, correction: Issue) -> None:
    hand_over_some()
    let_go(correction)
    hand_over()
    first = got(correction)
    resume(issue.pk, by="ada", now=timezone.now())
    hand_over()
    assert extend(correction.pk, by="ada", now=timezone.now()) == 60 - len(first)
    freeze(correction.pk, now=timezone.now())
    hand_over()
    assert (0 < len(first) < 60, got(correction)) == (True, got(issue))


def test_a_correction_that_everybody_has_is_extended_to_nobody(issue: Issue, correction: Issue) -> None:
    hand_over_some()
    let_go(correction)
    hand_over()
    assert extend(correction.pk, by="ada", now=timezone.now()) == 0


def test_a_correction_is_not_extended_while_what_it_corrects_goes_out(issue: Issue, correction: Issue) -> None:
    hand_over_some()
    let_go(correction)
    hand_over()
    resume(issue.pk, by="ada", now=timezone.now())
    with pytest.raises(Refused):
        extend(correction.pk, by="ada", now=timezone.now())
