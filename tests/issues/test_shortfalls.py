"""What an issue lacks is told before anybody approves it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.catalogue.models import Newsletter
from newsletter.issues.draft import draft
from newsletter.issues.models import Issue
from newsletter.issues.shortfalls import Shortfall, shortfalls
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db


def drafted(newsletter: Newsletter) -> Issue:
    return draft(newsletter, now=NOW, by="a test")


def test_a_section_below_its_minimum_is_thin() -> None:
    newsletter = make_newsletter(sections=[{"title": "Analysis", "minimum": 2}])
    make_article()
    assert shortfalls(drafted(newsletter)) == (Shortfall("thin", "Analysis", "Analysis has 1 of at least 2."),)


def test_a_section_at_its_minimum_lacks_nothing() -> None:
    newsletter = make_newsletter(sections=[{"minimum": 1}])
    make_article()
    assert shortfalls(drafted(newsletter)) == ()


def test_an_issue_without_articles_is_empty() -> None:
    assert [one.code for one in shortfalls(drafted(make_newsletter()))] == ["empty"]


@pytest.mark.parametrize(("allowed", "codes"), [(timedelta(days=7), ["stale"]), (timedelta(days=60), []), (None, [])])
def test_an_issue_is_stale_when_its_newest_article_is_older_than_the_newsletter_allows(
    allowed: timedelta | None, codes: list[str]
) -> None:
    newsletter = make_newsletter(stale=allowed)
    for days in (40, 30):
        make_article(f"Of {days} days ago", published_on=(NOW - timedelta(days=days)).date())
    assert [one.code for one in shortfalls(drafted(newsletter))] == codes
