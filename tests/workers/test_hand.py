"""What a piece of work wakes for when its slice is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from newsletter.delivery.models import Sending
from newsletter.delivery.wake import Silence, wake
from tests.delivery.stage import make_issue
from workers import hand

pytestmark = pytest.mark.django_db(transaction=True)
asked: list[int] = []


class Written(Silence):
    """Writes down which freezes were woken for."""

    def freeze(self, issue_id: int) -> None:
        asked.append(issue_id)


@pytest.fixture(autouse=True)
def written(settings: Any) -> Iterator[None]:
    settings.WAKE = f"{__name__}.Written"
    wake.cache_clear()
    asked.clear()
    yield
    wake.cache_clear()


def test_a_freeze_whose_time_ran_out_is_woken_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.delivery.freeze.PORTION", 2)
    monkeypatch.setattr("workers.hand.SLICE_SECONDS", -1.0)
    issue = make_issue(readers=3)
    hand.freeze(issue.pk, now=timezone.now())
    assert asked == [issue.pk]


def test_a_freeze_that_does_not_add_up_is_left_to_the_pump() -> None:
    issue = make_issue(readers=3)
    Sending.objects.create(issue=issue, candidates=4, deliveries=3, complete=True)
    hand.freeze(issue.pk, now=timezone.now())
    assert asked == []
