"""What the newsletters cover, and what they leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from newsletter.errors import Invalid
from newsletter.issues.coverage import coverage
from newsletter.issues.draft import draft
from newsletter.issues.edit import drop
from newsletter.issues.models import Issue
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db
SINCE = NOW - timedelta(days=28)
UNTIL = NOW + timedelta(days=1)


def covered(**more: Any) -> dict[str, Any]:
    return coverage(since=SINCE, until=UNTIL, now=NOW, **more)


def test_an_article_that_an_issue_holds_is_picked() -> None:
    make_article(available_at=NOW - timedelta(days=1))
    draft(make_newsletter(), now=NOW, by="ada")
    assert (covered()["articles"], covered()["picked"], covered()["unpicked"]) == (1, 1, [])


def test_an_article_nobody_picked_hears_from_every_newsletter_how_near_it_came() -> None:
    make_newsletter("ctw", sections=[{"title": "Analysis", "selector": "newsletter:ctw and region:Iran"}])
    make_newsletter("asia", sections=[{"title": "All", "selector": "newsletter:asia"}])
    article = make_article("Left", newsletters=[], regions=["Iraq"], available_at=NOW - timedelta(days=1))
    [row] = covered()["unpicked"]
    assert (row["article"], [(way["newsletter"], way["lacking"]) for way in row["newsletters"]]) == (
        article.pk,
        [("asia", 1), ("ctw", 2)],
    )
    assert row["newsletters"][0]["words"] == "one facet away: newsletter is empty, wanted newsletter:asia"


def test_an_article_that_was_dropped_hears_the_words_of_its_issue() -> None:
    article = make_article(available_at=NOW - timedelta(days=1))
    issue = draft(make_newsletter(), now=NOW, by="ada")
    drop(issue.pk, article.pk, by="ada", now=NOW)
    assert covered()["unpicked"][0]["newsletters"][0]["words"] == "It was dropped by hand."


def test_a_cancelled_issue_picked_nothing() -> None:
    make_article(available_at=NOW - timedelta(days=1))
    draft(make_newsletter(), now=NOW, by="ada")
    Issue.objects.update(state=Issue.State.CANCELLED)
    assert covered()["picked"] == 0


def test_what_is_outside_the_period_or_withdrawn_is_not_asked_about() -> None:
    make_newsletter()
    make_article(available_at=SINCE - timedelta(days=1))
    make_article(available_at=NOW - timedelta(days=1), withdrawn_at=NOW)
    assert covered()["articles"] == 0


def test_the_unpicked_come_in_pages() -> None:
    make_newsletter()
    made = [make_article(newsletters=[], available_at=NOW - timedelta(days=1)).pk for _ in range(5)]
    seen, after = [], ""
    while after is not None:
        page = covered(limit=2, after=after)
        seen += [row["article"] for row in page["unpicked"]]
        after = page["next"]
    assert seen == made[::-1]


def test_a_section_that_had_nothing_in_the_last_issues_is_named() -> None:
    newsletter = make_newsletter(sections=[{"title": "Analysis"}, {"title": "Energy", "selector": "topic:Energy"}])
    make_article(available_at=NOW - timedelta(days=1))
    draft(newsletter, now=NOW, by="ada")
    assert covered()["empty_sections"] == [{"newsletter": "ctw", "section": "Energy", "issues": 1}]


@pytest.mark.parametrize(
    ("selector", "code"),
    [
        ("newsletter:ctw and not newsletter:ctw", "never"),
        ("age < 3d and age > 7d", "never"),
        ("region:Atlantis", "unseen"),
        ("newsletter:ctw", None),
    ],
)
def test_a_selector_that_can_never_choose_is_named(selector: str, code: str | None) -> None:
    make_article()
    make_newsletter(sections=[{"title": "Analysis", "selector": selector}])
    assert [row["code"] for row in covered()["dead_selectors"]] == ([code] if code else [])


def test_the_balance_counts_the_last_issues_against_those_before() -> None:
    make_article(regions=["Iran"], available_at=NOW - timedelta(days=1))
    make_article(regions=["Iran", "Iraq"], available_at=NOW - timedelta(days=1))
    draft(make_newsletter(), now=NOW, by="ada")
    assert covered()["balance"]["ctw"]["region"] == [
        {"value": "Iran", "count": 2, "share": 0.667, "before": 0},
        {"value": "Iraq", "count": 1, "share": 0.333, "before": 0},
    ]


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Invalid):
        coverage(since=UNTIL, until=SINCE, now=NOW)


def test_more_articles_ask_no_more_questions(django_assert_num_queries: Any) -> None:
    make_newsletter()
    make_article(newsletters=[], available_at=NOW - timedelta(days=1))
    with django_assert_num_queries(_queries()):
        covered()
    for _ in range(3):
        make_article(newsletters=[], available_at=NOW - timedelta(days=1))
    with django_assert_num_queries(_queries()):
        covered()


def _queries() -> int:
    return 10


def test_an_article_that_matches_but_came_after_the_last_window_is_still_to_be_looked_at() -> None:
    make_newsletter()
    make_article(available_at=NOW - timedelta(days=1))
    assert covered()["unpicked"][0]["newsletters"][0]["words"] == "it matches; no issue has looked at it yet"
