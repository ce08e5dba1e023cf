"""Spans of time as people write them: 10m, 4h, 2d."""

from __future__ import annotations

import re
from datetime import timedelta

from newsletter.errors import Invalid

UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
LONGEST, LONGEST_TEXT = timedelta(days=36_525), 40
_SPAN = re.compile(r"(?:\d{1,5}[wdhms])+")


def duration(text: str, *, where: str = "duration") -> timedelta:
    """Read a span such as "90m", "4h" or "1d12h", a hundred years at most; raises ``Invalid`` naming ``where``."""
    if not _SPAN.fullmatch(text) or len(text) > LONGEST_TEXT:
        raise Invalid(f"{text[:40]!r} is no span of time.", where=where, fix='Write it like "10m", "4h" or "2d".')
    units = {**UNITS, "s": timedelta(seconds=1)}
    span = sum((int(part[:-1]) * units[part[-1]] for part in re.findall(r"\d+[wdhms]", text)), timedelta())
    if span > LONGEST:
        raise Invalid(f"{text!r} is longer than a hundred years.", where=where, fix="Give a shorter span.")
    return span


def span(value: timedelta) -> str:
    """Write a span so that ``duration`` reads it back: the largest units first, weeks as days."""
    rest, words = int(value.total_seconds()), ""
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, seconds)
        words += f"{count}{unit}" if count else ""
    return words or "0m"
