"""Slots: every local date of the cadence exactly once, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.catalogue.cadence import instant, next_slot, previous_slot, slots
from newsletter.catalogue.load import ZONES
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Refused

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


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
    zone=st.sampled_from(
        ["America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Cairo", "Africa/Casablanca"]
    )
    | st.sampled_from(sorted(ZONES)),
    start=st.datetimes(datetime(2012, 1, 1), datetime(2036, 1, 1)),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
)
def test_every_local_date_has_its_slot_exactly_once(zone: str, start: datetime, at: time) -> None:
    daily = weekly(zone=zone, at=at.strftime("%H:%M"), weekdays=EVERY_DAY)
    found = [
        slot.at.astimezone(ZoneInfo(zone)).date() for slot in slots(daily, after=start.replace(tzinfo=UTC), count=400)
    ]
    assert found == [found[0] + timedelta(days=number) for number in range(400)]


@given(
    zone=st.sampled_from(["America/New_York", "Asia/Beirut", "Africa/Casablanca"]) | st.sampled_from(sorted(ZONES)),
    start=st.datetimes(datetime(2012, 1, 1), datetime(2036, 1, 1)),
    cron=st.sampled_from(["0 9 * * 4", "30 2 * * *", "*/20 * * * *", "0 0 1 * *", "15 1 * * 0#2", "0 12 29 2 *"]),
)
def test_walking_slot_by_slot_forth_and_back_meets_the_same_slots(zone: str, start: datetime, cron: str) -> None:
    newsletter = weekly(zone=zone, weekdays=[], cron=cron)
    found = slots(newsletter, after=start.replace(tzinfo=UTC), count=5)
    assert [next_slot(newsletter, after=slot.at) for slot in found[:-1]] == found[1:]
    assert [previous_slot(newsletter, before=slot.at) for slot in found[1:]] == found[:-1]


@given(
    zone=st.sampled_from(sorted(ZONES)),
    start=st.datetimes(datetime(2012, 1, 1), datetime(2036, 1, 1)),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
)
def test_a_local_time_that_exists_is_kept(zone: str, start: datetime, at: time) -> None:
    there = instant(start.date(), at, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    asked = datetime.combine(start.date(), at)
    shift = there.replace(tzinfo=None) - asked
    assert timedelta(0) <= shift <= timedelta(hours=2)
    assert (
        not shift
        or (there - timedelta(seconds=1)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) < asked
    ), "a moved time stands at the very end of the gap"


def test_a_midnight_that_does_not_exist_stays_on_its_date() -> None:
    daily = weekly(zone="Asia/Beirut", at="00:00", weekdays=EVERY_DAY)
    found = slots(daily, after=datetime(2026, 3, 27, 12, tzinfo=UTC), count=3)
    assert [slot.at for slot in found] == [
        datetime(2026, 3, 27, 22, tzinfo=UTC),
        datetime(2026, 3, 28, 22, tzinfo=UTC),
        datetime(2026, 3, 29, 21, tzinfo=UTC),
    ]


def test_a_date_that_a_country_skips_gives_one_slot_not_two() -> None:
    daily = weekly(zone="Pacific/Apia", at="00:00", weekdays=EVERY_DAY)
    found = slots(daily, after=datetime(2011, 12, 29, 11, tzinfo=UTC), count=2)
    assert [slot.at for slot in found] == [
        datetime(2011, 12, 30, 10, tzinfo=UTC),
        datetime(2011, 12, 31, 10, tzinfo=UTC),
    ]


def test_a_leap_day_has_a_slot_before_it_across_the_year_2100() -> None:
    slot = previous_slot(weekly(zone="UTC", weekdays=[], cron="0 0 29 2 *"), before=datetime(2103, 6, 1, tzinfo=UTC))
    assert slot is not None
    assert slot.at == datetime(2096, 2, 29, tzinfo=UTC)
