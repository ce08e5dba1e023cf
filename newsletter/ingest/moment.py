"""Dates and times as feeds and programs write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from newsletter.ingest.dates import date_line
from newsletter.ingest.source import Precision

EARLIEST, LATEST = 1900, 2199  # years; what lies outside is a slip of somebody's clock
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_FRACTION = re.compile(r"(?<=:\d\d)[.,]\d+")
_NAMED_DAY = re.compile(r"^[A-Za-z]{3,9},?\s+(?=\d)")


@dataclass(frozen=True, slots=True)
class Moment:
    """The day as its writer saw it, how precise it is, and the instant where one was told (UTC)."""

    day: date | None = None
    precision: Precision = ""
    instant: datetime | None = None


def moment(text: str) -> Moment:
    """Read RFC 822, ISO 8601, a year and month, or a date in words; nothing understood is an empty ``Moment``."""
    text = text.strip()[:80]
    if found := _MONTH.fullmatch(text):
        return _month(int(found[1]), int(found[2]))
    told = _iso(text) or _mail(text)
    if told is not None and EARLIEST <= told.year <= LATEST:
        return Moment(told.date(), "day", _in_utc(told) if _has_clock(text) else None)
    day = date_line(text) if told is None else None
    return Moment(day, "day") if day and EARLIEST <= day.year <= LATEST else Moment()


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_FRACTION.sub("", text))
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    for form in (text, _NAMED_DAY.sub("", text)):
        try:
            return parsedate_to_datetime(form)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _in_utc(told: datetime) -> datetime | None:
    try:
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        return None


def _has_clock(text: str) -> bool:
    return ":" in text or "T" in text


def _month(year: int, month: int) -> Moment:
    return Moment(date(year, month, 1), "month") if 1 <= month <= 12 and EARLIEST <= year <= LATEST else Moment()
