"""Items a page lists beside its article: "- Unpacking the StrategyOther" is a title and a label glued together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.ingest.tidy import tidy

LABELS = (
    *("Commentary", "Article", "Paper", "Working Paper", "Research", "Report", "Testimony", "Press Release", "Q&A"),
    *("Other", "In The Media", "Event", "Book", "Brief", "Policy Brief", "Policy Outlook", "Podcast", "Video"),
    *("Op-Ed", "Blog", "Collection", "Project", "Interview", "Essay", "Analysis", "Newsletter", "Lecture"),
    *("Legacy in the Media", "Web-Only Article", "Regional Insight", "Country Brief", "Compilation"),
    *("Интервью", "Статья", "Комментарий", "Доклад", "Исследование", "Другое", "В СМИ", "Видео", "Подкаст"),
    *("مقال", "تعليق", "تقرير", "ورقة", "بحث", "مقابلة", "في الإعلام", "评论", "文章", "报告", "论文"),
)
_CODES = (
    "commentary",
    "legacyinthemedia",
    "pressRelease",
    "testimony",
    "research",
    "report",
    "article",
    "paper",
    "other",
)
_BULLET = re.compile(r"^[-–•*·]\s+")
_OVERFLOW = re.compile(r"^(?:[-–•*·]\s+)?\+\s?\d+$")
_SHORTENED = re.compile(r",\s*(?:…|\.\.\.)$")
_BY_LENGTH = sorted(LABELS, key=len, reverse=True)
_CODES_BY_LENGTH = sorted({*_CODES, *LABELS}, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Related:
    """One item: its title and the label that was glued to it, "" for none."""

    title: str
    label: str


def unglue(text: str) -> Related:
    """Return the title in ``text`` without the longest label glued to its end or beginning.

    A label that stands apart ("A Position Paper") belongs to the title.
    """
    text = tidy(_BULLET.sub("", text))
    for label in _BY_LENGTH:
        rest = text[: -len(label)]
        if text.endswith(label) and rest and not rest[-1].isspace() and rest[-1] not in "-–—/&(“\"'":
            return Related(rest, label)
    for label in _CODES_BY_LENGTH:
        rest = text[len(label) :]
        if text.startswith(label) and rest and (rest[0].isupper() or rest[0] in "“‘\"'" or rest[0].isdigit()):
            return Related(rest, label)
    return Related(text, "")


def list_above(lines: Sequence[str], heading: int) -> int:
    """Return where the list begins that stands above its own heading ("Recent Work"), reading upward."""
    first = heading
    while first and is_listed(lines[first - 1]):
        first -= 1
    return first


def is_listed(line: str) -> bool:
    """Return True for a bullet with a label glued to it, an overflow count or a shortened byline."""
    return is_no_item(line) or bool(_BULLET.match(line) and unglue(line).label)


def is_no_item(line: str) -> bool:
    """Return True for "- +18" and "A, B, C, …"."""
    return bool(_OVERFLOW.match(line) or _SHORTENED.search(line))
