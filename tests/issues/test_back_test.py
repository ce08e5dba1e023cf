"""A changed section tried on past issues, as a person reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from newsletter.articles.models import Article
from newsletter.catalogue.cadence import previous_slot
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid, Refused
from newsletter.issues.back_test import back_test_newsletter
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter() -> Newsletter:
    energy = {"title": "Energy", "selector": "topic:Energy"}
    return make_newsletter(sections=[{"title": "Analysis", "limit": 2}, energy])


def in_last_issue(newsletter: Newsletter, title: str, **facets: Any) -> Article:
    slot = previous_slot(newsletter, before=NOW)
    assert slot is not None
    return make_article(title, available_at=slot.cut_off_at - timedelta(hours=1), **facets)


def tried(newsletter: Newsletter, **changed: Any) -> dict[str, Any]:
    return back_test_newsletter(newsletter, now=NOW, **{"slots": 4, **changed})


def test_what_comes_and_what_leaves_is_told_with_its_title(newsletter: Newsletter) -> None:
    old = in_last_issue(newsletter, "Old")
    new = in_last_issue(newsletter, "New", newsletters=["asia"])
    last = tried(newsletter, selector="newsletter:asia")["slots"][0]
    assert last["came"] == [{"article": new.pk, "title": "New"}]
    assert last["left"] == [{"article": old.pk, "title": "Old"}]


def test_an_article_that_goes_to_another_section_has_moved(newsletter: Newsletter) -> None:
    article = in_last_issue(newsletter, "Grid", topics=["Energy"])
    last = tried(newsletter, selector="newsletter:ctw and not topic:Energy")["slots"][0]
    assert last["moved"] == [{"article": article.pk, "title": "Grid", "from": "Analysis 1", "to": "Energy 1"}]


def test_the_summary_counts_issues_and_articles(newsletter: Newsletter) -> None:
    for number in range(4):
        in_last_issue(newsletter, f"Story {number}")
    assert tried(newsletter, limit=3)["summary"] == {
        "slots": 4,
        "changed": 1,
        "came": 1,
        "left": 0,
        "count_before": 2,
        "count_after": 3,
        "thin_before": 0,
        "thin_after": 0,
    }


def test_the_balance_shows_values_as_people_write_them(newsletter: Newsletter) -> None:
    in_last_issue(newsletter, "One", regions=["Iran"])
    in_last_issue(newsletter, "Two", regions=["Iran"], newsletters=[])
    moved = tried(newsletter, selector="region:iran")["balance"]["region"]
    assert moved == [{"value": "Iran", "before": 1, "after": 2}]


def test_a_quota_is_tried_as_well(newsletter: Newsletter) -> None:
    for number in range(2):
        in_last_issue(newsletter, f"Story {number}", authors=["Ada"])
    assert tried(newsletter, quota={"author": 1})["slots"][0]["count"] == {"before": 2, "after": 1}


def test_a_section_is_named_by_its_title_or_its_number(newsletter: Newsletter) -> None:
    assert {tried(newsletter, section=name, limit=9)["section"] for name in ("Energy", "2")} == {"Energy"}


def test_an_unknown_section_is_named_with_those_there_are(newsletter: Newsletter) -> None:
    with pytest.raises(Invalid) as refused:
        tried(newsletter, section="Sports", limit=9)
    assert refused.value.fix == "One of: Analysis, Energy"


def test_no_change_is_no_test(newsletter: Newsletter) -> None:
    with pytest.raises(Invalid, match="Nothing is changed"):
        tried(newsletter)


def test_a_newsletter_without_cadence_has_no_past(newsletter: Newsletter) -> None:
    Newsletter.objects.update(weekdays=[], cron="")
    with pytest.raises(Refused, match="no slots"):
        tried(Newsletter.objects.get(), limit=9)


def test_nothing_is_stored(newsletter: Newsletter) -> None:
    tried(newsletter, limit=9)
    assert newsletter.sections.first().limit == 2  # type: ignore[union-attr]


def test_a_quota_on_what_cannot_be_counted_is_refused(newsletter: Newsletter) -> None:
    with pytest.raises(Invalid, match="age has no values that could be counted"):
        tried(newsletter, quota={"age": 2})


def test_an_issue_that_would_be_thin_says_in_which_section(newsletter: Newsletter) -> None:
    in_last_issue(newsletter, "One")
    told = tried(newsletter, minimum=2, slots=1)
    assert told["slots"][0]["thin"] == {"before": [], "after": ["Analysis"]}
    assert (told["summary"]["thin_before"], told["summary"]["thin_after"]) == (0, 1)


def test_a_minimum_above_the_limit_is_refused(newsletter: Newsletter) -> None:
    with pytest.raises(Invalid, match="at least 3 articles and takes at most 2"):
        tried(newsletter, minimum=3)
