"""44 · What is over is not announced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from newsletter.rendering.finding import Finding, Sheet, excerpt
from newsletter.rendering.words import LANGUAGES, base

HALF_A_YEAR = timedelta(days=183)
# fmt: off
AHEAD = re.compile(  # words that speak of what is to come
    r"\bwill\b|\bshall\b|\bis to\b|\bare to\b|\bupcoming\b|\bjoin (?:us|me)\b|\bregist(?:er|ration)\b|\brsvp\b|"
    r"\btakes? place\b|\bdon't miss\b|\bcoming\b|\bsave the date\b|"
    r"\baura lieu\b|\bse tiendra\b|\brejoignez\b|\binscri[vpt]\w*|\bprochaine?\b|\bà venir\b|"
    r"\btendrá lugar\b|\bse celebrará\b|\bse realizará\b|\binscríba\w*|\binscripci\w+|\bpróxim[oa]\b|"
    r"\bсостоится\b|\bпройд[её]т\b|\bприглашаем\b|\bзарегистрир\w+|\bрегистрац\w+|\bбудет\b|\bпредстоящ\w+|"
    r"سيعقد|سيُعقد|ستعقد|سيقام|سوف|انضمّ?وا|سجّ?ل|للتسجيل|القادم|将于|将在|即将|报名|敬请|欢迎参加",
    re.IGNORECASE,
)
# fmt: on
_SENTENCE = re.compile(r"(?<=[.!?؟。！？])\s*|\n+")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_CJK = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日")


def check(sheet: Sheet) -> Iterator[Finding]:
    """Hold events and announced dates against the time; without a time there is nothing to hold."""
    if sheet.now is None:
        return
    for item in sheet.items:
        place = f"article {item.article_id}"
        over = _instant(item.event.ends or item.event.starts) if item.event else None
        if item.event and over is not None and over < sheet.now:
            yield Finding(
                "past_dates", "E", f"{place}: {excerpt(item.event.when, 60)}", "The event is over; take it out."
            )
        for text in (item.headline, item.teaser):
            yield from _announced(text, item.language, place, sheet.now)
    for place in ("subject", "preheader"):
        yield from _announced(getattr(sheet, place), sheet.digest.language, place, sheet.now)
    yield from _announced(sheet.digest.note, sheet.digest.language, "note", sheet.now)


def _announced(text: str, language: str, place: str, now: datetime) -> Iterator[Finding]:
    for sentence in _SENTENCE.split(text):
        if not sentence or not AHEAD.search(sentence):
            continue
        days = list(_dates(sentence, base(language), now.date()))
        if days and max(days) < now.date() - timedelta(days=1):  # somewhere it is still yesterday
            fix = f"{max(days).isoformat()} is past; it is announced as if it were to come."
            yield Finding("past_dates", "W", f"{place}: {excerpt(sentence, 60)}", fix)


def _dates(text: str, language: str, today: date) -> Iterator[date]:
    """Yield the days that a text names; a day without a year is the nearest one."""
    for year, month, day in _ISO.findall(text):
        yield from _day(int(year), int(month), int(day))
    for year, month, day in _CJK.findall(text):
        yield from _nearest(int(year or 0), int(month), int(day), today)
    for own in dict.fromkeys((language, "en")):
        pattern, months = _months(own)
        for found in pattern.finditer(text):
            month = months[(found["first"] or found["second"]).lower()]
            year, day = found["year"] or found["year2"] or 0, found["day"] or found["day2"]
            yield from _nearest(int(year), month, int(day), today)


def _nearest(year: int, month: int, day: int, today: date) -> Iterator[date]:
    if year:
        yield from _day(year, month, day)
        return
    for one in (today.year - 1, today.year, today.year + 1):
        for found in _day(one, month, day):
            if abs(found - today) <= HALF_A_YEAR:
                yield found


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


@lru_cache(maxsize=len(LANGUAGES) + 8)
def _months(language: str) -> tuple[re.Pattern[str], dict[str, int]]:
    """Return what finds "3 December 2026" and "December 3, 2026", and the number of each month's name."""
    try:
        months = Locale.parse(language).months
    except (UnknownLocaleError, ValueError):
        months = Locale.parse("en").months
    names: dict[str, int] = {}
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in months[form][width].items():
                if len(name.strip(".")) > 2 and not name[0].isdigit():
                    names.setdefault(name.lower().strip("."), number)
    month = "|".join(sorted(map(re.escape, names), key=len, reverse=True)) or "(?!)"
    pattern = (
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\.?\s+(?:de\s+|of\s+)?(?P<first>{month})\b\.?(?:,?\s+(?:de\s+)?(?P<year>\d{{4}}))?"
        rf"|\b(?P<second>{month})\b\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year2>\d{{4}}))?"
    )
    return re.compile(pattern, re.IGNORECASE), names


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
