"""States move once, by compare-and-set, and every move is in the history."""

from __future__ import annotations

import pytest

from newsletter.errors import Conflict, NotFound
from newsletter.issues.lifecycle import ACTS, State, find, move
from newsletter.issues.models import HistoryEntry, Issue
from tests.factories import NOW, make_newsletter

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    return Issue.objects.create(newsletter=make_newsletter(), slot=NOW, window_to=NOW, created_at=NOW, updated_at=NOW)


def test_a_move_writes_the_new_state(issue: Issue) -> None:
    assert move(issue.pk, "submit", by="ada", now=NOW).state == State.IN_REVIEW


def test_a_move_is_in_the_history_with_who_and_when(issue: Issue) -> None:
    move(issue.pk, "submit", by="ada", now=NOW)
    assert list(HistoryEntry.objects.values_list("by", "act", "at")) == [("ada", "submit", NOW)]


def test_the_second_of_two_equal_moves_is_a_conflict(issue: Issue) -> None:
    move(issue.pk, "approve", by="ada", now=NOW)
    with pytest.raises(Conflict, match="is approved; it cannot be approved now"):
        move(issue.pk, "approve", by="ada", now=NOW)


def test_a_refused_move_leaves_no_history(issue: Issue) -> None:
    with pytest.raises(Conflict):
        move(issue.pk, "finish", by="ada", now=NOW)
    assert not HistoryEntry.objects.exists()


def test_a_move_of_an_older_version_is_a_conflict(issue: Issue) -> None:
    Issue.objects.filter(pk=issue.pk).update(version=4)
    with pytest.raises(Conflict, match="you saw version 3, it is 4 now"):
        move(issue.pk, "approve", by="ada", now=NOW, version=3)


def test_an_unknown_issue_is_not_found() -> None:
    with pytest.raises(NotFound, match="no issue 999"):
        find(999)


def test_nothing_leaves_cancelled_or_skipped_and_sent_only_for_more_copies_of_the_same() -> None:
    left = {end: [name for name, act in ACTS.items() if end in act.allowed] for end in (State.CANCELLED, State.SKIPPED)}
    assert left == {State.CANCELLED: [], State.SKIPPED: []}
    assert [name for name, act in ACTS.items() if State.SENT in act.allowed] == ["resend", "extend"]


def test_every_state_but_draft_can_be_reached() -> None:
    assert {act.to for act in ACTS.values()} == set(State)
