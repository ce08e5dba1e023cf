"""Publication dates as pages write them, and as addresses hide them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from urllib.parse import urlsplit

from newsletter.ingest.source import Precision

_MONTHS_BY_LANGUAGE = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "янв фев мар апр мая июн июл авг сен окт ноя дек",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
)


def _plain(text: str) -> str:
    """Return ``text`` folded for reading: digits of any script as ASCII, marks and hamza seats dropped."""
    text = "".join(str(unicodedata.decimal(mark, mark)) for mark in text)
    text = unicodedata.normalize("NFKD", text)
    return " ".join("".join(mark for mark in text if unicodedata.category(mark) not in ("Mn", "Cf")).split()).casefold()


_MONTHS = {
    _plain(name.replace("_", " ")): number
    for names in _MONTHS_BY_LANGUAGE
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9}
_PREFIX = re.compile(
    r"^(?:published(?: on)?|posted(?: on)?|date|updated(?: on)?|опубликовано|дата(?: публикации)?|"
    r"نشرت? في|نشر|تاريخ النشر|publie le|publicado el|veroffentlicht am|发布于|发表于|发布日期)\s*[:：]?\s*"
)
_DAY_MONTH = re.compile(
    r"^(\d{1,2})(?:st|nd|rd|th|er|\.)?(?: de)? ([^\W\d_]+?(?: [^\W\d_]+)?)\.?(?: de)?,? (\d{4})(?: ?г\.?| года)?$"
)
_MONTH_DAY = re.compile(r"^([^\W\d_]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$")
_MONTH_ALONE = re.compile(r"^([^\W\d_]+(?: [^\W\d_]+)?)\.?,?(?: de)? (\d{4})(?: ?г\.?| года)?$")
_HAN_MONTH = re.compile(r"^(\d{4}) ?年 ?(\d{1,2}) ?月$")
_WEEKDAY = re.compile(r"^(?:[^\W\d_]{2,12}(?:\.,?|,) |[^\W\d_]{2,12} (?=[^\W\d_]+\.? \d{1,2},? \d{4})|le |el |"
                      r"(?:الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد)،? )")  # fmt: skip
_HOUR = re.compile(r"[\s,|–—@-]*(?:at )?\d{1,2}(?::\d\d| ?[ap]\.?m\b).*$")
_TWO_NAMES = re.compile(r"[^\W\d_]+ [^\W\d_]+ ?/ ?(?=[^\W\d_])|(?<=[^\W\d_]) ?/ ?[^\W\d_]+(?: [^\W\d_]+)?(?= \d{4})")
_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ]\d.*)?$")
_HAN = re.compile(r"^(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日$")
_IN_PATH = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])(?:/(0?[1-9]|[12]\d|3[01]))?(?=/|$)")


def date_line(text: str) -> date | None:
    """Return the day that ``text`` as a whole names ("Published on Dec 15, 2021", "19 мая 2016 г."), or None."""
    if len(text) > 80 or not any(sign.isdecimal() for sign in text):
        return None
    plain = _PREFIX.sub("", _plain(text)).strip(" .")
    return _date_in(plain) or _date_in(_WEEKDAY.sub("", _HOUR.sub("", _TWO_NAMES.sub("", plain))))


def month_line(text: str) -> date | None:
    """Return the first of the month that ``text`` as a whole names ("September 2011"), or None."""
    if len(text) > 80 or not any(sign.isdecimal() for sign in text):
        return None
    plain = _PREFIX.sub("", _plain(text)).strip(" .")
    if found := _HAN_MONTH.match(plain):
        return _day(found[1], found[2], "1")
    if (found := _MONTH_ALONE.match(plain)) and (month := _MONTHS.get(found[1])):
        return _day(found[2], month, "1")
    return None


def _date_in(plain: str) -> date | None:
    if found := _ISO.match(plain) or _HAN.match(plain):
        return _day(found[1], found[2], found[3])
    if (found := _DAY_MONTH.match(plain)) and (month := _MONTHS.get(found[2])):
        return _day(found[3], month, found[1])
    if (found := _MONTH_DAY.match(plain)) and (month := _MONTHS.get(found[1])):
        return _day(found[3], month, found[2])
    return None


def address_date(url: str) -> tuple[date | None, Precision]:
    """Return the date in the path of an address and its precision; an unknown day is the first of its month."""
    try:
        found = _IN_PATH.search(urlsplit(url).path)
    except ValueError:
        return None, ""
    if not found:
        return None, ""
    if found[3] and (day := _day(found[1], found[2], found[3])):
        return day, "day"
    return date(int(found[1]), int(found[2]), 1), "month"


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
