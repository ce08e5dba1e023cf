"""A program proofreads and approves; an override names a person."""

from __future__ import annotations

import pytest

from newsletter.catalogue.models import Newsletter
from newsletter.issues.lifecycle import State, find
from newsletter.issues.models import HistoryEntry, Issue
from tests.api.doorbell import Program
from tests.factories.faulty import draft_with_a_past_event

pytestmark = pytest.mark.django_db
WHY = {"past_dates": "It is told as history."}


@pytest.fixture
def issue() -> Issue:
    return draft_with_a_past_event()


def test_findings_are_told_with_what_blocks(issue: Issue) -> None:
    status, answer = Program("issues:read").ask("GET", f"/issues/{issue.pk}/proofread")
    assert (status, answer["blocking"], answer["version"]) == (200, ["past_dates"], issue.version)


def test_errors_refuse_an_approval(issue: Issue) -> None:
    body = {"version": issue.version}
    status, answer = Program("issues:approve").ask("POST", f"/issues/{issue.pk}/approve", body)
    assert (status, answer["error"]["code"]) == (409, "findings")


def test_an_override_without_a_person_is_refused(issue: Issue) -> None:
    body = {"version": issue.version, "overrides": WHY}
    status, answer = Program("issues:approve").ask("POST", f"/issues/{issue.pk}/approve", body)
    assert (status, answer["error"]["where"]) == (422, "person")


def test_an_override_names_the_person_and_the_program(issue: Issue) -> None:
    body = {"version": issue.version, "overrides": WHY, "person": "Ada Byron"}
    status, answer = Program("issues:approve").ask("POST", f"/issues/{issue.pk}/approve", body)
    assert (status, answer["state"]) == (200, "approved")
    assert HistoryEntry.objects.get(issue=issue, act="override").by == "Ada Byron (program a program)"


def test_two_persons_behind_one_program_are_one_approver(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    program = Program("issues:approve")
    for person in ("Ada Byron", "Bob Dylan"):
        body = {"version": issue.version, "overrides": WHY, "person": person}
        program.ask("POST", f"/issues/{issue.pk}/approve", body)
    assert find(issue.pk).state == State.IN_REVIEW


def test_an_approval_of_what_has_changed_is_a_conflict(issue: Issue) -> None:
    body = {"version": issue.version + 1, "overrides": WHY, "person": "Ada"}
    status, answer = Program("issues:approve").ask("POST", f"/issues/{issue.pk}/approve", body)
    assert (status, answer["error"]["code"]) == (409, "conflict")
