"""A person may overrule a rule by name and with a reason, where the policy allows it; nobody else may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.catalogue.models import Newsletter, Sender
from newsletter.catalogue.phrases import allow, ban
from newsletter.errors import Invalid, Refused
from newsletter.issues.approve import approve, check_seal
from newsletter.issues.clock import turn
from newsletter.issues.edit import reword
from newsletter.issues.findings import findings
from newsletter.issues.lifecycle import State, find, move
from newsletter.issues.lock import lock_of
from newsletter.issues.models import FindingOverride, HistoryEntry, Issue
from newsletter.issues.rebuild import faults, opened
from newsletter.issues.render import rendering_of
from tests.factories import NOW
from tests.factories.faulty import draft_with_a_past_event

pytestmark = pytest.mark.django_db
WHY = "The postal address stands on the picture."


@pytest.fixture
def issue() -> Issue:
    return draft_with_a_past_event()


def test_an_error_keeps_an_issue_from_being_approved_until_a_person_overrules_it(issue: Issue) -> None:
    with pytest.raises(Refused, match="past_dates"):
        approve(issue.pk, by="ada", now=NOW)
    assert approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY}).state == State.APPROVED


def test_an_override_is_in_the_history_with_rule_reason_and_name(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": f" {WHY}\n"})
    [entry] = HistoryEntry.objects.filter(issue=issue, act="override")
    assert (entry.by, entry.detail) == ("ada", {"rule": "past_dates", "because": WHY})


def test_an_override_is_under_the_seal_and_in_the_lock(issue: Issue) -> None:
    approved = approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})
    check_seal(approved)
    locked = opened(lock_of(approved))
    assert locked.lock.manifest["overrides"] == [{"rule": "past_dates", "by": "ada", "because": WHY}]
    assert faults(locked) == []


@pytest.mark.parametrize("change", [{"because": "Another"}, {"by": "mallory"}, {"rule": "contrast"}])
def test_an_override_changed_behind_the_approval_breaks_the_seal(issue: Issue, change: dict[str, str]) -> None:
    approved = approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})
    FindingOverride.objects.update(**change)
    with pytest.raises(Refused) as refusal:
        check_seal(approved)
    assert refusal.value.code == "broken_seal"


def test_a_lock_whose_overrides_were_altered_says_so(issue: Issue) -> None:
    locked = opened(lock_of(approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})))
    locked.lock.manifest["overrides"][0]["by"] = "mallory"
    assert faults(locked) == ["The manifest was altered.", "The seal does not belong to what the lock holds."]


def test_a_rule_that_the_policy_does_not_name_is_not_overruled(issue: Issue) -> None:
    Newsletter.objects.update(overridable=["contrast"])
    with pytest.raises(Refused) as refusal:
        approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})
    assert (refusal.value.code, refusal.value.fix) == (
        "not_overridable",
        "Correct what it found. Its policy allows: contrast.",
    )


@pytest.mark.parametrize("reason", ["", " \n\t", "x" * 501])
def test_an_override_needs_a_reason(issue: Issue, reason: str) -> None:
    with pytest.raises(Invalid, match="needs a reason"):
        approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": reason})


def test_a_rule_that_found_nothing_is_not_overruled(issue: Issue) -> None:
    Newsletter.objects.update(overridable=["past_dates", "contrast"])
    with pytest.raises(Invalid, match="contrast found no error"):
        approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY, "contrast": WHY})
    assert FindingOverride.objects.count() == 0


def test_other_errors_stand_beside_an_override(issue: Issue) -> None:
    Sender.objects.update(postal_address="")
    with pytest.raises(Refused, match="postal_address"):
        approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})
    assert (FindingOverride.objects.count(), HistoryEntry.objects.filter(act="override").count()) == (0, 0)


def test_an_override_does_not_outlive_an_edit(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})
    reword(issue.pk, "note", "Another note.", by="ada", now=NOW)
    with pytest.raises(Refused, match="past_dates"):
        approve(issue.pk, by="ada", now=NOW)


def test_where_two_must_approve_one_override_serves_both_and_both_see_it(issue: Issue) -> None:
    Newsletter.objects.update(approvers=2)
    first = approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})
    second = approve(issue.pk, by="bob", now=NOW)
    assert (first.state, second.state) == (State.IN_REVIEW, State.APPROVED)
    assert findings(issue.pk, now=NOW)["overrides"] == [{"rule": "past_dates", "by": "ada", "because": WHY}]


def test_the_clock_never_overrules(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW, overrides={"past_dates": WHY})
    move(issue.pk, "request_changes", by="ada", now=NOW)  # the bytes, and with them the override, stay the same
    Newsletter.objects.update(approval=Newsletter.Approval.AUTOMATIC, stale=None)
    turn(issue.window_to + timedelta(minutes=1))
    assert find(issue.pk).state == State.DRAFT
    with pytest.raises(Refused):
        approve(issue.pk, by="system", now=NOW, overrides={"past_dates": WHY})


def test_findings_say_what_keeps_an_issue_from_being_approved(issue: Issue) -> None:
    told = findings(issue.pk, now=NOW)
    assert (told["blocking"], told["overridable"]) == (["past_dates"], ["past_dates"])
    [error] = [finding for finding in told["findings"] if finding["level"] == "E"]
    assert (error["rule"], error["fix"]) == ("past_dates", "The event is over; take it out.")


def test_a_stored_rendering_is_held_against_the_time_again(issue: Issue) -> None:
    article = issue.picks.get().article_id
    starts = (NOW + timedelta(days=1)).isoformat()
    changed = reword(issue.pk, "event_starts", starts, article_id=article, by="ada", now=NOW)
    before = rendering_of(changed, now=NOW)
    later = rendering_of(changed, now=NOW + timedelta(days=2))
    assert [one["rule"] for one in before.findings if one["level"] == "E"] == []
    assert [one["rule"] for one in later.findings if one["level"] == "E"] == ["past_dates"]
    assert later.rendered_at == before.rendered_at


def test_a_phrase_is_found_from_the_moment_it_is_banned_until_it_is_allowed(issue: Issue) -> None:
    def found() -> set[str]:
        stored = rendering_of(find(issue.pk), now=NOW)
        return {one["fix"] for one in stored.findings if one["rule"] == "banned_phrases"}

    before = found()
    phrase = ban("the  Harbor", instead="the port", by="ada", now=NOW)
    banned = found()
    allow(phrase.pk)
    assert (before, banned, found()) == (set(), {"Write “the port”."}, set())
