"""An approval is bound to what was seen; two persons are two; errors and empty issues are refused."""

from __future__ import annotations

import pytest

from newsletter.catalogue.models import Newsletter, Sender
from newsletter.errors import Conflict, Refused
from newsletter.issues.approve import approve, check_seal
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.lifecycle import State, find, move
from newsletter.issues.models import Approval, Issue, IssueRendering
from newsletter.issues.render import rendering_of
from newsletter.issues.schedule import schedule
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    make_article("The harbor")
    return draft(make_newsletter(), now=NOW, by="ada")


def test_an_approval_seals_the_issue(issue: Issue) -> None:
    approved = approve(issue.pk, by="ada", now=NOW)
    check_seal(approved)
    assert (approved.state, len(approved.seal)) == (State.APPROVED, 64)


def test_where_two_must_approve_one_is_not_enough(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    first = approve(issue.pk, by="ada", now=NOW).state
    second = approve(issue.pk, by="bob", now=NOW).state
    assert (first, second) == (State.IN_REVIEW, State.APPROVED)


def test_a_second_approval_of_a_version_that_is_over_is_refused(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    move(issue.pk, "submit", by="eve", now=NOW)
    seen = find(issue.pk).version
    reword(issue.pk, "subject", "Another subject", by="eve", now=NOW)
    move(issue.pk, "submit", by="eve", now=NOW)
    with pytest.raises(Conflict, match=f"you saw version {seen}"):
        approve(issue.pk, by="ada", now=NOW, version=seen)
    assert not Approval.objects.exists()


def test_a_first_of_two_approvals_of_a_cancelled_issue_is_refused(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    move(issue.pk, "cancel", by="eve", now=NOW)
    with pytest.raises(Conflict, match="is cancelled; it cannot be approved"):
        approve(issue.pk, by="ada", now=NOW)
    assert not Approval.objects.exists()


def test_the_same_person_twice_is_one(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    approve(issue.pk, by="ada", now=NOW)
    assert approve(issue.pk, by="ada", now=NOW).state == State.IN_REVIEW


def test_an_edit_between_two_approvals_makes_the_first_void(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    approve(issue.pk, by="ada", now=NOW)
    reword(issue.pk, "subject", "Another subject", by="ada", now=NOW)
    assert approve(issue.pk, by="bob", now=NOW).state == State.IN_REVIEW


def test_who_approved_may_approve_again_after_an_edit_and_its_undoing(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW)
    reword(issue.pk, "subject", "Another subject", by="ada", now=NOW)
    reword(issue.pk, "subject", "", by="ada", now=NOW)
    again = approve(issue.pk, by="ada", now=NOW)
    check_seal(again)
    assert again.state == State.APPROVED


def test_one_name_in_two_spellings_is_one_person(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    approve(issue.pk, by="operator Ada", now=NOW)
    assert approve(issue.pk, by="operator ADA", now=NOW).state == State.IN_REVIEW


def test_a_preview_follows_the_sender_until_the_approval_and_not_after(issue: Issue) -> None:
    rendering_of(issue, now=NOW)
    Sender.objects.update(postal_address="7 New Street")
    before = rendering_of(find(issue.pk), now=NOW).text
    approve(issue.pk, by="ada", now=NOW)
    Sender.objects.update(postal_address="8 Other Street")
    after = rendering_of(find(issue.pk), now=NOW).text
    assert ("7 New Street" in before, after == before) == (True, True)


def test_a_postal_address_changed_behind_an_approval_breaks_the_seal(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW)
    Sender.objects.update(postal_address="8 Other Street")
    with pytest.raises(Refused):
        schedule(issue.pk, at=NOW, by="ada", now=NOW)


def test_an_approval_of_an_older_version_is_a_conflict(issue: Issue) -> None:
    with pytest.raises(Conflict):
        approve(issue.pk, by="ada", now=NOW, version=issue.version - 1)


def test_an_empty_issue_is_refused() -> None:
    empty = draft(make_newsletter(), now=NOW, by="ada")
    with pytest.raises(Refused) as refusal:
        approve(empty.pk, by="ada", now=NOW)
    assert refusal.value.code == "empty"


def test_an_issue_with_an_error_is_refused_and_says_which(issue: Issue) -> None:
    Sender.objects.update(postal_address="")
    with pytest.raises(Refused) as refusal:
        approve(issue.pk, by="ada", now=NOW)
    assert (refusal.value.code, "postal_address" in refusal.value.message) == ("findings", True)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Sender.objects.update(address="mallory@news.example"),
        lambda: Newsletter.objects.update(template="compact"),
        lambda: IssueRendering.objects.update(content_hash="x"),
        lambda: Issue.objects.update(subject="Another subject"),
    ],
)
def test_what_changed_behind_an_approval_breaks_the_seal(issue: Issue, change: object) -> None:
    approve(issue.pk, by="ada", now=NOW)
    change()  # type: ignore[operator]
    with pytest.raises(Refused) as refusal:
        check_seal(find(issue.pk))
    assert refusal.value.code == "broken_seal"


def test_one_content_is_rendered_once(issue: Issue) -> None:
    first = rendering_of(issue, now=NOW)
    approve(issue.pk, by="ada", now=NOW)
    assert rendering_of(find(issue.pk), now=NOW).rendered_at == first.rendered_at


def test_new_words_are_rendered_anew(issue: Issue) -> None:
    before = rendering_of(issue, now=NOW).content_hash
    changed = reword(issue.pk, "note", "Dear all", by="ada", now=NOW)
    assert rendering_of(changed, now=NOW).content_hash != before
