"""One turn of the clock lets go what is due, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.catalogue.models import Newsletter, Sender
from newsletter.delivery.control import send
from newsletter.delivery.tick import tick
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import State, find
from newsletter.issues.models import Issue
from tests.factories import make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
EARLY = SLOT - timedelta(days=3)


@pytest.fixture
def issue() -> Issue:
    newsletter = make_newsletter()
    Newsletter.objects.update(created_at=EARLY)
    make_article(available_at=EARLY)
    make_reader(newsletter)
    return draft(newsletter, at=SLOT, now=EARLY, by="ada")


def test_an_approved_issue_goes_out_by_itself_at_its_slot(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=EARLY)
    tick(SLOT - timedelta(minutes=1))
    before = find(issue.pk).state
    tick(SLOT)
    assert (before, find(issue.pk).state in (State.FREEZING, State.SENDING, State.SENT)) == (State.APPROVED, True)


def test_a_second_turn_sends_nothing_again(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=EARLY)
    tick(SLOT)
    acts = [entry.act for entry in issue.history.all()]
    tick(SLOT + timedelta(seconds=1))
    assert [entry.act for entry in issue.history.all() if entry.act == "send"] == ["send"]
    assert "send" in acts


def test_a_broken_seal_holds_the_issue_and_says_so(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=EARLY)
    Sender.objects.update(name="Mallory")
    tick(SLOT)
    assert find(issue.pk).hold_reason.endswith("differs from what was approved.")


def test_an_issue_leaves_when_its_cool_off_is_over(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=EARLY)
    send(issue.pk, by="ada", now=EARLY, cool_off=timedelta(minutes=10))
    tick(EARLY + timedelta(minutes=9))
    before = find(issue.pk).state
    tick(EARLY + timedelta(minutes=10))
    assert (before, find(issue.pk).state == State.COOLING_OFF) == (State.COOLING_OFF, False)
