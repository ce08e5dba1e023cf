"""The metronome goes on whatever is done to its clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from workers.app import app
from workers.beat import Pulse


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (timedelta(seconds=-5), False),
        (timedelta(seconds=-21), True),
        (timedelta(hours=-2), True),
        (timedelta(hours=2), True),  # the clock was two hours ahead, and was set right
    ],
)
def test_a_beat_is_due_when_its_time_has_come_or_the_clock_went_back(last: timedelta, due: bool) -> None:
    now: datetime = app.now()
    assert Pulse(20.0, app=app).is_due(now + last).is_due is due
