"""What was approved stays as it is, also for those who still hold the draft in their hands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter, Sender
from newsletter.errors import Conflict
from newsletter.issues import approve as approving
from newsletter.issues.approve import approve, check_seal
from newsletter.issues.assemble import assemble
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue, IssueRendering, Pick
from newsletter.issues.queries import stored_renderings
from newsletter.issues.render import renderings_of
from newsletter.issues.sealed import as_sealed
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    newsletter = make_newsletter()
    make_article("The first headline")
    return draft(newsletter, now=NOW, by="ada")


def test_what_is_no_draft_any_more_is_not_filled(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW)
    before = (find(issue.pk).version, list(Pick.objects.values_list("pk", flat=True)))
    make_article("A later headline")
    with pytest.raises(Conflict, match="is approved; only a draft is filled"):
        assemble(issue.pk, now=NOW)
    assert (find(issue.pk).version, list(Pick.objects.values_list("pk", flat=True))) == before


def test_opening_an_approved_issue_again_leaves_it_alone(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW)
    make_article("A later headline")
    assert draft(issue.newsletter, at=issue.slot, now=NOW, by="ada").version == find(issue.pk).version
    check_seal(find(issue.pk))


def test_whoever_renders_an_old_draft_gets_what_was_approved(issue: Issue) -> None:
    stale = find(issue.pk)
    approve(issue.pk, by="ada", now=NOW)
    approved = list(stored_renderings(issue).values())
    Article.objects.update(title="Another headline", updated_at=NOW + timedelta(minutes=1))
    assert [one.subject for one in renderings_of(stale, now=NOW)] == [one["subject"] for one in approved]
    assert list(stored_renderings(issue).values()) == approved


def test_whoever_renders_a_draft_that_was_edited_gets_the_newest(issue: Issue) -> None:
    stale = find(issue.pk)
    make_article("A later headline")
    assemble(issue.pk, now=NOW)
    (made,) = renderings_of(stale, now=NOW)
    assert made.issue_version == find(issue.pk).version


@pytest.mark.parametrize("change", [{"content_hash": "another"}, {"rule": {"words": "plan:paid"}}])
def test_an_issue_that_is_planned_or_rendered_anew_while_it_is_approved_is_not_sealed(
    change: dict[str, Any], issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_somebody_else_too(one: Issue, **given: object) -> list[IssueRendering]:
        made = renderings_of(one, now=NOW)
        IssueRendering.objects.update(**change)
        return made

    monkeypatch.setattr(approving, "renderings_of", and_somebody_else_too)
    with pytest.raises(Conflict, match="was changed meanwhile"):
        approve(issue.pk, by="ada", now=NOW)
    assert find(issue.pk).state == Issue.State.DRAFT


def test_what_is_renamed_after_the_approval_is_not_in_what_goes_out(issue: Issue) -> None:
    approve(issue.pk, by="ada", now=NOW)
    Sender.objects.update(name="Mallory", reply_to="m@m.example", list_id="m.example", relay="second")
    Newsletter.objects.update(title="Mallory's Week")
    sealed = as_sealed(find(issue.pk)).newsletter
    assert (sealed.title, sealed.sender.name, sealed.sender.reply_to, sealed.sender.list_id, sealed.sender.relay) == (
        "This Week", "Meridian Institute", "", "ctw.news.example", "second",
    )  # fmt: skip


def test_what_nobody_approved_is_as_it_is(issue: Issue) -> None:
    Sender.objects.update(name="Mallory")
    assert as_sealed(find(issue.pk)).newsletter.sender.name == "Mallory"
