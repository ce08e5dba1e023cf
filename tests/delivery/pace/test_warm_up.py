"""How much a new relay may take on a day."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.delivery.pace.warm_up import cap_of

WARM_UP = {"begins": "2026-12-01", "first": 100, "growth": 2.0, "days": 3}


@pytest.mark.parametrize(
    ("day", "per_day", "cap"),
    [
        (date(2026, 11, 30), 0, 0),
        (date(2026, 12, 1), 0, 100),
        (date(2026, 12, 3), 0, 400),
        (date(2026, 12, 3), 250, 250),
        (date(2026, 12, 4), 0, None),
        (date(2026, 12, 4), 250, 250),
    ],
)
def test_the_cap_grows_every_day_and_ends(day: date, per_day: int, cap: int | None) -> None:
    assert cap_of(WARM_UP, per_day, day=day) == cap


def test_a_long_and_steep_warm_up_stays_a_number() -> None:
    assert cap_of({**WARM_UP, "growth": 10.0, "days": 366}, 0, day=date(2027, 11, 1)) == 10**9
