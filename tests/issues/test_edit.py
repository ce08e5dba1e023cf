"""An edit moves what it says, breaks the seal, and survives a new assembly."""

from __future__ import annotations

import pytest

from newsletter.articles.models import Article
from newsletter.errors import Conflict, Invalid, NotFound, Refused
from newsletter.issues.draft import draft
from newsletter.issues.edit import drop, move_pick, pin, reword
from newsletter.issues.lifecycle import State, move
from newsletter.issues.models import Approval, Issue, Pick
from newsletter.issues.queries import left_out, placed
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db


@pytest.fixture
def articles() -> list[Article]:
    return [make_article(f"Story {number}") for number in range(5)]


@pytest.fixture
def issue(articles: list[Article]) -> Issue:
    newsletter = make_newsletter(sections=[{"limit": 3}, {"selector": "topic:Energy"}])
    return draft(newsletter, now=NOW, by="ada")


def titles(issue: Issue) -> list[str]:
    return [pick.article.title for pick in placed(issue)]


def test_a_dropped_article_is_left_out_and_the_next_one_fills_its_place(issue: Issue) -> None:
    assert titles(issue) == ["Story 4", "Story 3", "Story 2"]
    drop(issue.pk, placed(issue)[0].article_id, by="ada", now=NOW)
    assert titles(issue) == ["Story 3", "Story 2", "Story 1"]


def test_a_dropped_article_says_so_among_the_left_out(issue: Issue) -> None:
    dropped = placed(issue)[0].article_id
    drop(issue.pk, dropped, by="ada", now=NOW)
    assert left_out(issue).get(article_id=dropped).reason == "dropped"


def test_a_pinned_article_stands_in_the_section_it_was_pinned_to(issue: Issue, articles: list[Article]) -> None:
    pin(issue.pk, articles[0].pk, section="Section 2", by="ada", now=NOW)
    assert [pick.article.title for pick in placed(issue) if pick.section == 1] == ["Story 0"]


def test_a_pinned_article_stands_at_the_place_it_was_pinned_to(issue: Issue, articles: list[Article]) -> None:
    pin(issue.pk, articles[0].pk, position=2, by="ada", now=NOW)
    assert titles(issue) == ["Story 4", "Story 0", "Story 3"]


def test_a_moved_article_changes_places_within_its_section(issue: Issue) -> None:
    move_pick(issue.pk, placed(issue)[2].article_id, position=1, by="ada", now=NOW)
    assert titles(issue) == ["Story 2", "Story 4", "Story 3"]


def test_a_reworded_headline_survives_a_new_assembly(issue: Issue) -> None:
    first = placed(issue)[0].article_id
    reword(issue.pk, "headline", "A better headline", article_id=first, by="ada", now=NOW)
    draft(issue.newsletter, now=NOW, by="ada")
    assert placed(issue).get(article_id=first).overrides == {"headline": "A better headline"}


def test_empty_words_go_back_to_the_article(issue: Issue) -> None:
    first = placed(issue)[0].article_id
    reword(issue.pk, "headline", "A better headline", article_id=first, by="ada", now=NOW)
    reword(issue.pk, "headline", "", article_id=first, by="ada", now=NOW)
    assert placed(issue).get(article_id=first).overrides == {}


def test_a_line_break_in_a_subject_is_refused(issue: Issue) -> None:
    with pytest.raises(Invalid, match="line break"):
        reword(issue.pk, "subject", "Hello\r\nBcc: x@example.org", by="ada", now=NOW)


def test_an_edit_takes_an_approved_issue_back_to_draft_and_breaks_its_approvals(issue: Issue) -> None:
    move(issue.pk, "approve", by="ada", now=NOW, seal="x")
    Approval.objects.create(issue=issue, by="ada", seal="x", at=NOW)
    changed = reword(issue.pk, "subject", "Hello", by="ada", now=NOW)
    assert (changed.state, changed.seal, Approval.objects.filter(broken_at=None).count()) == (
        State.DRAFT,
        "",
        0,
    )


def test_an_edit_of_an_older_version_is_a_conflict_and_changes_nothing(issue: Issue) -> None:
    before = titles(issue)
    with pytest.raises(Conflict):
        drop(issue.pk, placed(issue)[0].article_id, by="ada", now=NOW, version=issue.version - 1)
    assert titles(issue) == before


def test_every_edit_raises_the_version(issue: Issue) -> None:
    assert reword(issue.pk, "note", "Dear all", by="ada", now=NOW).version > issue.version


def test_a_pin_of_a_section_that_is_gone_moves_to_the_last_one(issue: Issue, articles: list[Article]) -> None:
    pin(issue.pk, articles[0].pk, section="2", by="ada", now=NOW)
    issue.newsletter.sections.filter(position=1).delete()
    draft(issue.newsletter, now=NOW, by="ada")
    assert "Story 0" in titles(issue)
    assert {pick.section for pick in placed(issue)} == {0}


def test_an_article_without_an_address_cannot_be_pinned(issue: Issue) -> None:
    with pytest.raises(Refused) as refusal:
        pin(issue.pk, make_article(url="", urls=[]).pk, by="ada", now=NOW)
    assert refusal.value.code == "no_link"


def test_an_article_that_is_not_there_cannot_be_pinned(issue: Issue) -> None:
    with pytest.raises(NotFound, match="no article 999"):
        pin(issue.pk, 999, by="ada", now=NOW)


def test_a_section_that_is_not_there_is_named_with_those_that_are(issue: Issue, articles: list[Article]) -> None:
    with pytest.raises(Invalid) as refusal:
        pin(issue.pk, articles[0].pk, section="Sport", by="ada", now=NOW)
    assert refusal.value.fix == "One of: Section 1, Section 2"


def test_a_pinned_article_has_a_reason_in_words(issue: Issue) -> None:
    outsider = make_article("Outsider", newsletters=[])
    pin(issue.pk, outsider.pk, by="ada", now=NOW)
    reason = Pick.objects.get(issue=issue, article=outsider).reason
    assert reason == {"code": "pinned", "words": "Pinned by hand."}
