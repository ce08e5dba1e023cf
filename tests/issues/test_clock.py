"""What the calendar wants is done once, at its time, whoever turns the clock and however often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from newsletter.catalogue.models import Newsletter
from newsletter.issues.approve import approve
from newsletter.issues.clock import hold, turn
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import State, find
from newsletter.issues.models import Issue
from newsletter.issues.queries import placed
from newsletter.issues.schedule import schedule
from tests.factories import make_article, make_newsletter

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # Thursday 09:00 in New York
CUT_OFF = SLOT - timedelta(hours=4)
DRAFTING = SLOT - timedelta(days=2)


def weekly(**given: object) -> Newsletter:
    newsletter = make_newsletter(**given)
    Newsletter.objects.filter(pk=newsletter.pk).update(created_at=SLOT - timedelta(days=5))
    make_article("In time", available_at=SLOT - timedelta(days=4))
    return newsletter


def only() -> Issue:
    return Issue.objects.get()


def test_nothing_is_drafted_before_its_time() -> None:
    weekly()
    assert turn(DRAFTING - timedelta(minutes=1)).drafted == []


def test_an_issue_drafts_itself_at_its_drafting_time() -> None:
    weekly()
    assert (turn(DRAFTING).drafted, only().slot) == ([only().pk], SLOT)


def test_the_second_turn_drafts_nothing() -> None:
    weekly()
    turn(DRAFTING)
    assert turn(DRAFTING).drafted == []


def test_what_arrives_before_the_cut_off_comes_in_by_itself() -> None:
    weekly()
    turn(DRAFTING)
    make_article(
        "Late but in time", available_at=DRAFTING + timedelta(hours=1), updated_at=DRAFTING + timedelta(hours=1)
    )
    turn(DRAFTING + timedelta(hours=2))
    assert [pick.article.title for pick in placed(only())] == ["Late but in time", "In time"]


def test_an_automatic_issue_is_sealed_at_its_cut_off_and_due_at_its_slot() -> None:
    weekly(approval="automatic")
    turn(DRAFTING)
    sealed = turn(CUT_OFF).approved
    assert (sealed, only().state, turn(SLOT).due) == ([only().pk], State.APPROVED, [only().pk])


def test_without_an_approval_the_issue_is_held_at_its_slot() -> None:
    weekly()
    turn(DRAFTING)
    turn(SLOT)
    assert (only().state, only().hold_reason) == (State.DRAFT, "not approved")


def test_an_approved_issue_is_due_at_its_slot_and_not_before() -> None:
    weekly()
    turn(DRAFTING)
    approve(only().pk, by="ada", now=DRAFTING)
    assert (turn(SLOT - timedelta(seconds=1)).due, turn(SLOT).due) == ([], [only().pk])


def test_a_scheduled_issue_is_due_at_its_own_time() -> None:
    issue = draft(weekly(), at=DRAFTING, now=DRAFTING, by="ada")
    approve(issue.pk, by="ada", now=DRAFTING)
    later = DRAFTING + timedelta(hours=3)
    schedule(issue.pk, at=later, by="ada", now=DRAFTING)
    assert (issue.pk in turn(later - timedelta(minutes=1)).due, issue.pk in turn(later).due) == (False, True)


def test_an_issue_later_than_its_policy_allows_is_held_and_asks() -> None:
    weekly()
    turn(DRAFTING)
    approve(only().pk, by="ada", now=DRAFTING)
    assert (turn(SLOT + timedelta(hours=7)).due, only().hold_reason) == ([], "late")


def test_a_thin_issue_is_held_or_skipped_as_the_policy_says() -> None:
    weekly(sections=[{"minimum": 3}])
    turn(DRAFTING)
    turn(CUT_OFF)
    held = only().hold_reason
    Newsletter.objects.update(thin="skip")
    turn(CUT_OFF)
    assert (held, find(only().pk).state) == ("thin", State.SKIPPED)


def test_an_issue_with_an_error_is_never_sealed_by_the_clock() -> None:
    weekly(approval="automatic")
    Newsletter.objects.get().sender.__class__.objects.update(postal_address="")
    turn(DRAFTING)
    turn(CUT_OFF)
    assert (only().state, "error" in only().hold_reason) == (State.DRAFT, True)


def test_after_days_away_the_newest_missed_slot_is_opened_once() -> None:
    weekly(weekdays=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], draft_lead=timedelta(hours=6))
    turn(SLOT + timedelta(minutes=1))
    assert [issue.slot for issue in Issue.objects.all()] == [SLOT]


def test_an_issue_in_review_is_held_at_its_slot() -> None:
    weekly(approvers=2)
    turn(DRAFTING)
    approve(only().pk, by="ada", now=DRAFTING)
    turn(SLOT)
    assert (only().state, only().hold_reason) == (State.IN_REVIEW, "not approved")


def test_a_hold_does_not_reach_an_issue_that_moved_on() -> None:
    weekly()
    turn(DRAFTING)
    stale = only()
    approve(stale.pk, by="ada", now=DRAFTING)
    assert (hold(stale, "thin"), only().hold_reason) == (False, "")


def test_a_title_in_trouble_is_held_and_does_not_stop_the_others() -> None:
    weekly()
    turn(DRAFTING)
    Newsletter.objects.get().sections.update(selector="no:such")
    other = make_newsletter("asia", sections=[{"selector": "newsletter:ctw"}])
    Newsletter.objects.filter(pk=other.pk).update(created_at=SLOT - timedelta(days=5))
    turn(CUT_OFF)
    assert Issue.objects.get(newsletter__code="ctw").hold_reason.startswith("There is no facet")
    assert Issue.objects.filter(newsletter=other).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at", [DRAFTING, CUT_OFF])
def test_two_clocks_at_once_make_one_issue_and_seal_it_once(at: datetime) -> None:
    weekly(approval="automatic")
    if at == CUT_OFF:
        turn(DRAFTING)
    start, failures = Barrier(2), []

    def one() -> None:
        start.wait()
        try:
            turn(at)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    clocks = [Thread(target=one) for _ in range(2)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert (failures, only().hold_reason) == ([], "")
    assert only().state == (State.APPROVED if at == CUT_OFF else State.DRAFT)
