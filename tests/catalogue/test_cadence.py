"""Slots: every local date of the cadence exactly once, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.catalogue.cadence import instant, next_slot, previous_slot, slots
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Refused


def weekly(**given: object) -> Newsletter:
    plain: dict[str, object] = {
        "code": "ctw",
        "zone": "America/New_York",
        "weekdays": ["thu"],
        "at": "09:00",
        "draft_lead": timedelta(days=2),
        "cut_off": timedelta(hours=4),
    }
    return Newsletter(**{**plain, **given})


def test_a_weekday_and_a_time_give_the_next_slot_in_utc() -> None:
    slot = next_slot(weekly(), after=datetime(2026, 11, 24, tzinfo=UTC))
    assert (slot.at, slot.draft_at, slot.cut_off_at) == (
        datetime(2026, 11, 26, 14, tzinfo=UTC),
        datetime(2026, 11, 24, 14, tzinfo=UTC),
        datetime(2026, 11, 26, 10, tzinfo=UTC),
    )


def test_a_slot_at_the_very_instant_is_not_the_next_one() -> None:
    at = datetime(2026, 11, 26, 14, tzinfo=UTC)
    assert next_slot(weekly(), after=at).at == at + timedelta(days=7)


def test_several_weekdays_come_in_turn() -> None:
    found = slots(weekly(weekdays=["tue", "fri"]), after=datetime(2026, 11, 24, tzinfo=UTC), count=3)
    assert [slot.at.date() for slot in found] == [date(2026, 11, 24), date(2026, 11, 27), date(2026, 12, 1)]


def test_cron_is_read_in_the_zone_of_the_newsletter() -> None:
    newsletter = weekly(weekdays=[], cron="0 10 1,15 * *", zone="Europe/Brussels")
    assert next_slot(newsletter, after=datetime(2026, 11, 24, tzinfo=UTC)).at == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_the_slot_before_is_the_last_one_earlier() -> None:
    slot = previous_slot(weekly(), before=datetime(2026, 11, 26, 14, tzinfo=UTC))
    assert slot is not None
    assert slot.at == datetime(2026, 11, 19, 14, tzinfo=UTC)


def test_without_a_cadence_there_is_no_slot_and_the_error_says_what_to_do() -> None:
    with pytest.raises(Refused, match="no slot to come"):
        next_slot(weekly(weekdays=[]), after=datetime(2026, 11, 24, tzinfo=UTC))


def test_a_time_in_the_gap_moves_to_the_first_valid_instant() -> None:
    gap = instant(date(2026, 3, 8), time(2, 30), ZoneInfo("America/New_York"))
    assert gap == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_a_doubled_time_is_taken_at_its_first_occurrence() -> None:
    doubled = instant(date(2026, 11, 1), time(1, 30), ZoneInfo("America/New_York"))
    assert doubled == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@given(
    zone=st.sampled_from(["America/New_York", "Europe/Brussels", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Cairo"]),
    start=st.datetimes(datetime(2020, 1, 1), datetime(2034, 1, 1)),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
)
def test_every_local_date_has_its_slot_exactly_once(zone: str, start: datetime, at: time) -> None:
    daily = weekly(zone=zone, at=at.strftime("%H:%M"), weekdays=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    found = [
        slot.at.astimezone(ZoneInfo(zone)).date() for slot in slots(daily, after=start.replace(tzinfo=UTC), count=400)
    ]
    assert found == [found[0] + timedelta(days=number) for number in range(400)]
