"""Sections are filled by their rules, and every candidate has a reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.articles.models import Article
from newsletter.selectors.check import check_selector
from newsletter.selectors.choose import Choice, Rule, choose
from tests.factories import NOW, make_article

pytestmark = pytest.mark.django_db


def rule(selector: str = "newsletter:ctw", limit: int = 3, **given: object) -> Rule:
    return Rule(**{"title": "Analysis", "selector": check_selector(selector), "limit": limit, **given})  # type: ignore[arg-type]


def fill(articles: list[Article], *rules: Rule, **given: object) -> Choice:
    plain: dict[str, object] = {"at": NOW, "pins": {}, "dropped": (), "sent_before": ()}
    return choose(articles, rules, **{**plain, **given})  # type: ignore[arg-type]


def sections(choice: Choice) -> list[tuple[int, int]]:
    return [(placed.section, placed.article_id) for placed in choice.placed]


def reasons(choice: Choice) -> dict[int, str]:
    return {left.article_id: left.code for left in choice.left_out}


def test_the_newest_come_first_up_to_the_limit() -> None:
    old, new = make_article(published_on=date(2026, 1, 1)), make_article(published_on=date(2026, 2, 1))
    choice = fill([old, new], rule(limit=1))
    assert (sections(choice), reasons(choice)) == ([(0, new.pk)], {old.pk: "limit"})


def test_no_article_stands_twice_and_the_earlier_section_has_it() -> None:
    article = make_article()
    assert sections(fill([article], rule(), rule())) == [(0, article.pk)]


def test_what_is_full_in_one_section_may_stand_in_the_next() -> None:
    first, second = make_article(), make_article()
    assert sections(fill([first, second], rule(limit=1), rule())) == [(0, second.pk), (1, first.pk)]


def test_a_quota_limits_how_many_share_a_value() -> None:
    articles = [make_article(authors=["Ada"]) for _ in range(3)]
    choice = fill(articles, rule(quota={"author": 2}))
    assert (len(choice.placed), reasons(choice)) == (2, {articles[0].pk: "quota"})


def test_a_pin_stands_where_it_was_put_whatever_the_selector_says() -> None:
    pinned, other = make_article(newsletters=[]), make_article()
    choice = fill([pinned, other], rule(), pins={pinned.pk: (0, 0)})
    assert [(placed.article_id, placed.pinned) for placed in choice.placed] == [(pinned.pk, True), (other.pk, False)]


def test_a_pin_takes_a_place_of_the_limit() -> None:
    pinned, other = make_article(), make_article()
    assert reasons(fill([pinned, other], rule(limit=1), pins={pinned.pk: (0, 0)})) == {other.pk: "limit"}


def test_most_regions_matched_come_first() -> None:
    one, two = make_article(regions=["Iran"]), make_article(regions=["Iran", "Iraq"], published_on=date(2020, 1, 1))
    choice = fill([one, two], rule("region:Iran or region:Iraq", order="regions"))
    assert sections(choice) == [(0, two.pk), (0, one.pk)]


def test_a_region_that_is_refused_does_not_bring_an_article_forward() -> None:
    one, two = make_article(regions=["Iran"]), make_article(regions=["Iraq", "Iran"], published_on=date(2020, 1, 1))
    choice = fill([one, two], rule("region:Iran and not (region:Iraq and region:Mars)", order="regions"))
    assert sections(choice) == [(0, one.pk), (0, two.pk)]


def test_by_hand_the_heaviest_come_first_and_the_newest_among_equals() -> None:
    old, new = make_article(published_on=date(2026, 1, 1)), make_article(published_on=date(2026, 2, 1))
    heavy = make_article(published_on=date(2020, 1, 1), weight=5)
    choice = fill([old, heavy, new], rule(order="manual"))
    assert sections(choice) == [(0, heavy.pk), (0, new.pk), (0, old.pk)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"url": ""}, "no_link"),
        ({"withdrawn_at": NOW}, "withdrawn"),
        ({"embargo_until": NOW + timedelta(hours=1)}, "embargoed"),
        ({"newsletters": []}, "no_match"),
    ],
)
def test_what_cannot_stand_in_the_issue_says_why(given: dict[str, object], reason: str) -> None:
    article = make_article(**given)
    assert reasons(fill([article], rule())) == {article.pk: reason}


def test_what_was_dropped_or_sent_before_says_so() -> None:
    dropped, sent = make_article(), make_article()
    choice = fill([dropped, sent], rule(), dropped=[dropped.pk], sent_before=[sent.pk])
    assert reasons(choice) == {dropped.pk: "dropped", sent.pk: "sent_before"}


def test_who_matches_no_section_hears_how_near_it_came() -> None:
    choice = fill([make_article(newsletters=[])], rule())
    assert choice.left_out[0].words == "Analysis: one facet away: newsletter is empty, wanted newsletter:ctw"


def test_who_is_picked_hears_which_clauses_spoke_for_it() -> None:
    choice = fill([make_article()], rule("newsletter:ctw and not type:paper"))
    assert choice.placed[0].reason["words"] == "newsletter:ctw; not type:paper"


def test_every_candidate_is_in_exactly_one_of_the_two() -> None:
    articles = [make_article(newsletters=["ctw"] if number % 2 else []) for number in range(9)]
    choice = fill(articles, rule(limit=2))
    told = [placed.article_id for placed in choice.placed] + [left.article_id for left in choice.left_out]
    assert sorted(told) == [article.pk for article in articles]
