"""A slot has one issue, whoever asks and however often; its window loses no article."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.issues import assemble
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import move
from newsletter.issues.models import Issue
from newsletter.issues.queries import left_out, placed
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # Thursday 09:00 in New York


def test_without_a_time_the_first_slot_with_an_open_cut_off_is_drafted() -> None:
    assert draft(make_newsletter(), now=NOW, by="ada").slot == SLOT


def test_after_the_cut_off_the_slot_after_is_drafted() -> None:
    late = SLOT - timedelta(hours=1)
    assert draft(make_newsletter(), now=late, by="ada").slot == SLOT + timedelta(days=7)


def test_drafting_twice_gives_the_same_issue() -> None:
    newsletter = make_newsletter()
    assert draft(newsletter, now=NOW, by="ada").pk == draft(newsletter, now=NOW, by="bob").pk


def test_the_first_issue_looks_back_without_bound() -> None:
    make_article("Old", available_at=NOW - timedelta(days=400))
    assert [pick.article.title for pick in placed(draft(make_newsletter(), now=NOW, by="ada"))] == ["Old"]


def test_a_match_beyond_the_newest_of_a_long_window_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    old = make_article(available_at=NOW - timedelta(days=900))
    for _ in range(3):
        make_article(newsletters=[])
    monkeypatch.setattr(assemble, "MOST_CANDIDATES", 2)
    issue = draft(make_newsletter(), now=NOW, by="test")
    assert [pick.article_id for pick in placed(issue)] == [old.pk]


def test_the_next_issue_starts_where_this_one_stopped() -> None:
    newsletter = make_newsletter()
    first = draft(newsletter, now=NOW, by="ada")
    assert draft(newsletter, at=SLOT + timedelta(days=7), now=NOW, by="ada").window_from == first.window_to


def test_a_cancelled_issue_passes_its_articles_on() -> None:
    newsletter = make_newsletter()
    move(draft(newsletter, now=NOW, by="ada").pk, "cancel", by="ada", now=NOW)
    assert draft(newsletter, at=SLOT + timedelta(days=7), now=NOW, by="ada").window_from is None


def test_a_time_that_is_no_slot_opens_a_special_issue_closing_there() -> None:
    issue = draft(make_newsletter(), at=NOW, now=NOW, by="ada")
    assert (issue.kind, issue.slot, issue.window_to) == (Issue.Kind.SPECIAL, NOW, NOW)


def test_a_time_that_is_a_slot_opens_the_regular_issue() -> None:
    issue = draft(make_newsletter(), at=SLOT, now=NOW, by="ada")
    assert (issue.kind, issue.window_to) == (Issue.Kind.REGULAR, SLOT - timedelta(hours=4))


def test_an_article_without_an_address_is_left_out_and_says_why() -> None:
    article = make_article(url="", urls=[])
    issue = draft(make_newsletter(), now=NOW, by="ada")
    assert [(row.article_id, row.reason) for row in left_out(issue)] == [(article.pk, "no_link")]


def test_what_nearly_got_in_stands_before_what_matched_nowhere() -> None:
    make_article("Without an address", url="", urls=[])
    make_article("Newer, without a code", newsletters=[])
    issue = draft(make_newsletter(), now=NOW, by="ada")
    assert [row.article.title for row in left_out(issue)] == ["Without an address", "Newer, without a code"]


def test_what_was_sent_before_is_left_out() -> None:
    newsletter = make_newsletter()
    article = make_article()
    move(draft(newsletter, now=NOW, by="ada").pk, "approve", by="ada", now=NOW)
    special = draft(newsletter, at=NOW, now=NOW, by="ada")
    assert [(row.article_id, row.reason) for row in left_out(special)] == [(article.pk, "sent_before")]
