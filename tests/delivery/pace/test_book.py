"""The book counts what was drawn on the day it was drawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from newsletter.delivery.pace import book
from newsletter.delivery.pace.rate import Limit
from newsletter.delivery.relays.models import Bucket

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = Limit("relay:one", 0.0, cap=300)


def used() -> int:
    return Bucket.objects.get(name=LIMIT.name).used


def test_what_nobody_used_goes_back_into_the_day() -> None:
    drawn = book.draw(LIMIT, 200)
    book.give_back(LIMIT, 150, drawn.day)
    assert used() == 50


def test_what_was_drawn_yesterday_makes_no_room_today() -> None:
    drawn = book.draw(LIMIT, 200)
    Bucket.objects.update(day=F("day") - timedelta(days=1))  # that was yesterday
    book.draw(LIMIT, 300)
    book.give_back(LIMIT, 150, drawn.day - timedelta(days=1))
    assert used() == 300


def test_a_letter_charged_yesterday_makes_no_room_today() -> None:
    day = book.charge(LIMIT)
    assert day is not None
    Bucket.objects.update(day=F("day") - timedelta(days=1))
    book.charge(LIMIT)
    book.give_back(LIMIT, 1, day - timedelta(days=1))
    assert used() == 1
