"""Items a page lists beside its article: "- Unpacking the StrategyOther" is a title and a label glued together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsletter.expressions.fold import fold
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
MOST_LINES_OF_ITEM = 5
LONGEST_LIST = 500  # lines; above it a list is the article
LONGEST_OF_ITEM = 600
_FOLDED = frozenset(map(fold, LABELS))
_BULLET = re.compile(r"^[-–•*·]\s+")
_OVERFLOW = re.compile(r"^(?:[-–•*·]\s+)?\+\s?\d+$")
_SHORTENED = re.compile(r",\s*(?:…|\.\.\.)$")
_BY_LENGTH = tuple(sorted(LABELS, key=len, reverse=True))
_CODES_BY_LENGTH = tuple(sorted({*_CODES, *LABELS}, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Related:
    """One item: its title and the label that was glued to it, "" for none."""

    title: str
    label: str


@lru_cache(maxsize=1 << 12)
def unglue(text: str) -> Related:
    """Return the title in ``text`` without the longest label glued to its end or beginning.

    A label that stands apart ("A Position Paper") belongs to the title.
    """
    text = tidy(_BULLET.sub("", text))
    for label in _BY_LENGTH if text.endswith(_BY_LENGTH) else ():
        rest = text[: -len(label)]
        if text.endswith(label) and rest and not rest[-1].isspace() and rest[-1] not in "-–—/&(“\"'":
            return Related(rest, label)
    for label in _CODES_BY_LENGTH if text.startswith(_CODES_BY_LENGTH) else ():
        rest = text[len(label) :]
        if text.startswith(label) and rest and (rest[0].isupper() or rest[0] in "“‘\"'" or rest[0].isdigit()):
            return Related(rest, label)
    return Related(text, "")


def list_above(lines: Sequence[str], heading: int) -> int:
    """Return where the list begins that stands above its own heading ("Recent Work"), reading upward."""
    first = heading
    while heading - LONGEST_LIST < first and first and (size := _listed_above(lines, first)):
        first -= size
    return first


def list_at_end(lines: Sequence[str]) -> int:
    """Return where a list of other items begins that closes ``lines`` without a heading; their number if none does."""
    first = list_above(lines, len(lines))
    return first if any(_is_item(lines, at) for at in range(first, len(lines))) else len(lines)


def _listed_above(lines: Sequence[str], end: int) -> int:
    """Return how many lines the last entry above ``end`` has; an item may have a teaser and a byline below it."""
    if is_no_item(lines[end - 1]):
        return 1
    for size in range(1, min(MOST_LINES_OF_ITEM, end) + 1):
        at = end - size
        if _is_item(lines, at):
            roomy = not unglue(lines[at]).label  # the label stands alone, blog and title below it
            return size if size <= (MOST_LINES_OF_ITEM if roomy else MOST_LINES_OF_ITEM - 2) else 0
        if len(lines[at]) > LONGEST_OF_ITEM:
            return 0
    return 0


def _is_item(lines: Sequence[str], at: int) -> bool:
    """Return True for a title with a label glued to it, and for a label alone with a title on the next line."""
    line = lines[at]
    if len(line) > LONGEST_OF_ITEM:
        return False
    bullet = bool(_BULLET.match(line))
    if unglue(line).label:
        return bullet or (line[-1].isalpha() and " " in line and _ends_in_label(line))
    below = at + 1 < len(lines) and not _BULLET.match(lines[at + 1])
    return bullet and below and fold(_BULLET.sub("", line)) in _FOLDED


def _ends_in_label(line: str) -> bool:
    """Return True where a label follows a small letter or a mark, as no word does ("RealPaper")."""
    found = unglue(line)
    return line.endswith(found.label) and (found.title[-1].islower() or found.title[-1] in "?!”’)")


def is_no_item(line: str) -> bool:
    """Return True for "- +18" and "A, B, C, …"."""
    return bool(_OVERFLOW.match(line) or _SHORTENED.search(line))
