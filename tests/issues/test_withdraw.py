"""An article that is taken back leaves what is not out yet, and says where it is out already."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.errors import NotFound
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.edit import pin
from newsletter.issues.lifecycle import State, find
from newsletter.issues.models import Approval, HistoryEntry, Issue
from newsletter.issues.queries import left_out, placed, sent_before
from newsletter.issues.withdraw import Withdrawal, embargo, restore, withdraw
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def article() -> Article:
    return make_article("The one")


@pytest.fixture
def issue(article: Article) -> Issue:
    make_article("Another")
    return draft(make_newsletter(), now=NOW, by="ada")


def titles(issue: Issue) -> list[str]:
    return [pick.article.title for pick in placed(issue)]


def take_back(article: Article) -> Withdrawal:
    return withdraw(article.pk, by="ada", now=LATER, reason="an error in the figures")


def test_a_draft_loses_a_withdrawn_article_at_once(issue: Issue, article: Article) -> None:
    followed = take_back(article)
    assert (followed.drafts, titles(issue)) == ((issue.pk,), ["Another"])


def test_a_pinned_article_goes_as_well_and_says_why(issue: Issue, article: Article) -> None:
    pin(issue.pk, article.pk, by="ada", now=NOW)
    take_back(article)
    assert [(row.article_id, row.reason) for row in left_out(issue)] == [(article.pk, "withdrawn")]


def test_an_approved_issue_goes_back_to_draft_and_needs_a_new_yes(issue: Issue, article: Article) -> None:
    approve(issue.pk, by="ada", now=NOW)
    assert take_back(article).reopened == (issue.pk,)
    assert find(issue.pk).state == State.DRAFT
    assert not Approval.objects.filter(issue=issue, broken_at=None).exists()


def test_an_issue_that_is_cooling_off_is_pulled_back(issue: Issue, article: Article) -> None:
    Issue.objects.filter(pk=issue.pk).update(state=State.COOLING_OFF)
    assert (take_back(article).reopened, find(issue.pk).state) == ((issue.pk,), State.DRAFT)


@pytest.mark.parametrize("state", [State.SENDING, State.SENT])
def test_where_readers_have_it_the_history_warns(issue: Issue, article: Article, state: str) -> None:
    Issue.objects.filter(pk=issue.pk).update(state=state)
    assert take_back(article).sent_in == (issue.pk,)
    entry = HistoryEntry.objects.filter(issue=issue).latest("pk")
    assert (entry.act, entry.detail) == (
        "withdrawn_after_sending",
        {"article": article.pk, "reason": "an error in the figures"},
    )


def test_withdrawing_twice_changes_nothing_more(issue: Issue, article: Article) -> None:
    take_back(article)
    entries = HistoryEntry.objects.count()
    assert (take_back(article), HistoryEntry.objects.count()) == (Withdrawal(), entries)


def test_what_is_restored_is_available_from_then_on(article: Article) -> None:
    take_back(article)
    restore(article.pk, now=LATER)
    article.refresh_from_db()
    assert (article.withdrawn_at, article.available_at) == (None, LATER)


def test_an_embargo_moves_when_an_article_becomes_available_and_drafts_lose_it(issue: Issue, article: Article) -> None:
    until = NOW + timedelta(days=30)
    assert embargo(article.pk, until, by="ada", now=LATER).drafts == (issue.pk,)
    article.refresh_from_db()
    assert (article.available_at, titles(issue)) == (until, ["Another"])


def test_an_embargo_that_is_lifted_early_makes_the_article_available_now(article: Article) -> None:
    embargo(article.pk, NOW + timedelta(days=30), by="ada", now=NOW)
    embargo(article.pk, None, by="ada", now=LATER)
    article.refresh_from_db()
    assert (article.available_at, article.embargo_until) == (LATER, None)


def test_lifting_an_embargo_that_never_was_makes_nothing_new(article: Article) -> None:
    before = article.available_at
    embargo(article.pk, None, by="ada", now=LATER)
    article.refresh_from_db()
    assert article.available_at == before


def test_an_unknown_article_is_said_to_be_unknown() -> None:
    with pytest.raises(NotFound):
        withdraw(10**9, by="ada", now=NOW)


def test_an_article_that_was_sent_is_not_sent_again_unless_it_was_renewed(issue: Issue, article: Article) -> None:
    Issue.objects.filter(pk=issue.pk).update(state=State.SENT)
    other = Issue(newsletter=Newsletter.objects.get(), window_to=NOW)
    before = article.pk in sent_before(other)
    Article.objects.filter(pk=article.pk).update(renewed_at=issue.window_to + timedelta(days=1))
    assert (before, article.pk in sent_before(other)) == (True, False)
