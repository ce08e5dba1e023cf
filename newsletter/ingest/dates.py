"""Dates as pages write them, in the languages of the centers."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = (
    "january jan январь января janvier enero يناير كانون_الثاني",
    "february feb февраль февраля février fevrier febrero فبراير شباط",
    "march mar март марта mars marzo مارس آذار",
    "april apr апрель апреля avril abril أبريل إبريل نيسان",
    "may май мая mai mayo مايو أيار",
    "june jun июнь июня juin junio يونيو حزيران",
    "july jul июль июля juillet julio يوليو تموز",
    "august aug август августа août aout agosto أغسطس آب",
    "september sep sept сентябрь сентября septembre septiembre سبتمبر أيلول",
    "october oct октябрь октября octobre octubre أكتوبر تشرين_الأول",
    "november nov ноябрь ноября novembre noviembre نوفمبر تشرين_الثاني",
    "december dec декабрь декабря décembre decembre diciembre ديسمبر كانون_الأول",
)
MONTHS = {name.replace("_", " "): number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAMES = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_FORMS = (
    re.compile(rf"(?P<month>{_NAMES})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})", re.IGNORECASE),
    re.compile(
        rf"(?P<day>\d{{1,2}})\s+(?:de\s+)?(?P<month>{_NAMES})\.?,?\s+(?:de\s+)?(?P<year>\d{{4}})(?:\s*г\.?)?",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*日"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
)
_PREFIX = re.compile(
    r"(?:published on|published|опубликовано|نشر في|نُشر في|publié le|publicado el|发布于)\s*:?\s*", re.IGNORECASE
)
_IN_ADDRESS = re.compile(r"/(?P<year>(?:19|20)\d{2})/(?P<month>0?[1-9]|1[0-2])(?:/(?P<day>0?[1-9]|[12]\d|3[01]))?(?=/)")


def date_line(line: str) -> date | None:
    """Return the date a line consists of ("Published on Dec 15, 2021", "19 мая 2016 г."), else None."""
    text = line.strip()
    prefix = _PREFIX.match(text)
    text = text[prefix.end() :] if prefix else text
    for form in _FORMS:
        found = form.fullmatch(text)
        if found:
            return _date(found["year"], found["month"], found["day"])
    return None


def address_date(url: str) -> tuple[date | None, str]:
    """Return the date in the path of an address and its precision: day, month, or "" without one."""
    found = _IN_ADDRESS.search(url)
    if not found:
        return None, ""
    day = _date(found["year"], found["month"], found["day"] or "1")
    return (day, "day" if found["day"] else "month") if day else (None, "")


def _date(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdecimal() else MONTHS[month.lower()]
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None
