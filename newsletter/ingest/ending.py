"""Where the text of an article ends and the boxes of its page begin, in the languages of the centers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.ingest.related import list_above

_GLUED = r"(?=\W*$|[A-ZА-ЯЁ])"  # a heading stands alone, or what follows was glued to it
_ABOUT = re.compile(
    rf"^\W*(?:(?:About the (?:Authors?|Editors?)|Об автор(?:е|ах)|Авторы?|"
    rf"À propos (?:de l['’]au(?:teure?|trice)|des au(?:teure?|trice)s)|"
    rf"Sobre (?:el autor|la autora|los autores|las autoras)){_GLUED}"
    r"|(?i:About the (?:Author|Editor|Contributor)s?)\W*$"
    r"|(?:(?:نبذة )?(?:عن|حول) (?:المؤل[ّ]?ف(?:ة|ين|ون)?|الكات[ّ]?ب(?:ة|ين)?|الكتّاب)|المؤل[ّ]?ف|关于作者|作者简介)\W*$)"
)
_RECENT = re.compile(
    rf"^\W*(?:(?i:Recent Work)\W*$|"
    rf"(?:Recent Work|(?:Последние|Недавние|Свежие) (?:публикации|работы|материалы)){_GLUED}"
    r"|(?:أحدث|آخر) (?:الأعمال|أعمال\S*|المنشورات|الإصدارات)\W*$|(?:最新|近期)(?:作品|文章)\W*$)"
)
_MORE = re.compile(
    r"^\W*(?:More [Ww]ork [Ff]rom\b|(?:Другие|Ещ[её]|Больше) (?:материал|публикаци|работ)|"
    r"(?:ال)?مزيد من (?:ال)?(?:أعمال|إصدارات|منشورات)|更多(?:来自|作品))"
)
_SOURCE_BELOW = re.compile(r"^(?:Источник|المصدر)\s*[:：]\s*(.*)$")
_STILL_HEADER = re.compile(
    r"^(?:REQUIRED IMAGE|Link Copied|Published)|\d{4}(?: г\.)?$|^\S+\s\S+\s[٠-٩]{4}$", re.IGNORECASE
)
_DISCLAIMER = re.compile(
    r"(?:does|do) not take (?:any |an )?institutional positions?|the views represented herein are those of the author|"
    r"не (?:выступа[ею]т с|занима[ею]т|имеет|придержива[ею]тся)[^.\n]{0,40}(?:общ|институц|коллективн)"
    r"[^.\n]{0,20}позици|"
    r"لا (?:ت?ي?ت[ّ]?خذ|[تي]تبن[ّ]?ى)\b[^.\n]{0,60}?مواقف|ولا تعكس بالضرورة|不(?:就|对)[^。\n]{0,30}(?:机构|官方)立场"
)
_NAME_BEFORE = re.compile(
    r"(?:(?:The )?(?:Malcolm H\. Kerr )?Carnegie(?:(?!Carnegie)[\w\s&'’–—-]){0,80}|"
    r"(?:Фонд|Московский центр|Берлинский центр|Центр)\s(?:(?!Фонд )[^.!?\n]){0,120}|"
    r"(?:مؤسسة |مركز )?(?:مالكوم كير\S* )?كارنيغي[^.!?\n]{0,80}|卡内基[^。！？\n]{0,40})$"
)
_ROLE = re.compile(
    r"^(?:[A-Z][\w'’.-]*,? (?:and |of )?){0,5}"
    r"(?:Fellow|Scholar|Director|Associate|President|Professor|Editor|Researcher|Analyst|Advis[eo]r|Chair)\b"
    r"[^.!?]{0,120}$"
)
LONGEST_NAME = 160
HEADER_LINES = 4


@dataclass(frozen=True, slots=True)
class Ending:
    """The lines of the article alone, and the author heading that had nothing below it ("" = none)."""

    lines: list[str]
    heading_alone: str = ""
    source: str = ""  # what a source line below the text said


def until_end(lines: Sequence[str], *, names: Sequence[str] = ()) -> Ending:
    """Cut ``lines`` at the earliest of: the author section, Recent Work with its list, a disclaimer, More Work.

    ``names`` are the centers of the page: a disclaimer that is glued to the body begins with one of them.
    """
    lines, disclaimer = _apart(lines, names)
    recent = next((at for at, line in enumerate(lines) if _RECENT.match(line)), None)
    stop = _first(lines, recent)
    kept = list(lines[: stop if disclaimer is None else min(stop, disclaimer)])
    about = [at for at, line in enumerate(kept) if _ABOUT.match(line)]
    alone = kept[about[-1]] if about and about[-1] == len(kept) - 1 else ""
    below = _SOURCE_BELOW.match(lines[stop]) if stop < len(lines) else None
    return Ending(_without_biographies(kept[: about[-1]] if about else kept), alone, below[1] if below else "")


def _apart(lines: Sequence[str], names: Sequence[str]) -> tuple[Sequence[str], int | None]:
    """Set the first disclaimer on a line of its own, so that a heading it was glued to is known; also its place."""
    for at, line in enumerate(lines):
        if found := _DISCLAIMER.search(line):
            start = _disclaimer_start(line, found.start(), names)
            parts = [part for part in (line[:start].rstrip(), line[start:]) if part]
            return [*lines[:at], *parts, *lines[at + 1 :]], at + len(parts) - 1
    return lines, None


def _first(lines: Sequence[str], recent: int | None) -> int:
    """Return the first line that is Recent Work's list, More Work, or a source below the text."""
    ends = [len(lines)] if recent is None else [list_above(lines, recent)]
    for at, line in enumerate(lines):
        if _MORE.match(line) or _is_source_below(lines, at):
            ends.append(at)
            break
    return min(ends)


def _is_source_below(lines: Sequence[str], at: int) -> bool:
    """Return True for a source line behind the text; one in the header names the publisher."""
    if at <= HEADER_LINES or not _SOURCE_BELOW.match(lines[at]):
        return False
    return not any(_STILL_HEADER.search(line) for line in lines[at - 3 : at])


def _disclaimer_start(line: str, phrase: int, names: Sequence[str]) -> int:
    """Return where the sentence around ``phrase`` begins: at the center's name, else behind the last full stop."""
    before = line[:phrase].rstrip()
    for name in sorted(names, key=len, reverse=True):
        if name and before.endswith(name):
            return len(before) - len(name) - (4 if before[: -len(name)].endswith("The ") else 0)
    if found := _NAME_BEFORE.search(before):
        return found.start()
    stops = [before.rfind(stop) for stop in ".!?。؟”\n"]
    begin = max(stops) + 1
    return begin if len(before) - begin <= LONGEST_NAME else len(before)


def _without_biographies(lines: list[str]) -> list[str]:
    """Drop the pairs of a role and a biography that close a page whose author heading is missing."""
    while len(lines) > HEADER_LINES and _ROLE.match(lines[-2]) and len(lines[-1]) > len(lines[-2]):
        lines = lines[:-2]
    return lines
