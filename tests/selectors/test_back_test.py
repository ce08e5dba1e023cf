"""A changed section is tried on past slots before anybody reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.catalogue.cadence import Slot
from newsletter.selectors.back_test import SlotChange, back_test
from newsletter.selectors.check import check_selector
from newsletter.selectors.choose import Rule
from tests.factories import NOW, make_article

pytestmark = pytest.mark.django_db
WEEKS = [NOW - timedelta(weeks=number) for number in (3, 2, 1, 0)]
SLOTS = [Slot(at=at, draft_at=at, cut_off_at=at - timedelta(hours=4)) for at in WEEKS]


def tried(before: str, after: str, **given: object) -> tuple[SlotChange, ...]:
    old = [Rule(title="A", selector=check_selector(before), limit=3)]
    new = [Rule(**{"title": "A", "selector": check_selector(after), "limit": 3, **given})]  # type: ignore[arg-type]
    return back_test(SLOTS, before=old, after=new)


def test_every_slot_between_two_cut_offs_is_told_oldest_first() -> None:
    assert [change.at for change in tried("newsletter:ctw", "newsletter:ctw")] == WEEKS[1:]


def test_an_article_belongs_to_the_window_it_became_available_in() -> None:
    article = make_article(available_at=SLOTS[1].cut_off_at, published_on=None)
    assert [change.before for change in tried("newsletter:ctw", "newsletter:ctw")] == [
        ((),),
        ((article.pk,),),
        ((),),
    ]


def test_what_comes_in_and_what_goes_is_named() -> None:
    mine = make_article(newsletters=["asia"], available_at=WEEKS[1])
    other = make_article(available_at=WEEKS[1])
    changed = tried("newsletter:ctw", "newsletter:asia")[1]
    assert (changed.added, changed.removed) == ((mine.pk,), (other.pk,))


def test_ages_are_measured_against_every_slot() -> None:
    article = make_article(available_at=WEEKS[1], published_on=(WEEKS[1] + timedelta(days=1)).date())
    assert tried("newsletter:ctw", "newsletter:ctw and age < 7d")[1].after == ((article.pk,),)


def test_quotas_and_sections_count_as_in_an_issue() -> None:
    for _ in range(3):
        make_article(authors=["Ada"], available_at=WEEKS[1])
    changed = tried("newsletter:ctw", "newsletter:ctw", quota={"author": 1})[1]
    assert (len(changed.before[0]), len(changed.after[0])) == (3, 1)


def test_what_could_not_have_been_sent_takes_no_part() -> None:
    make_article(available_at=WEEKS[1], url="")
    make_article(available_at=WEEKS[1], withdrawn_at=NOW)
    assert tried("newsletter:ctw", "type:any")[1].after == ((),)
