"""Where the text of an article ends and the boxes of its page begin, in the languages of the centers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.ingest.disclaimer import cut_disclaimer_in, disclaimer_in
from newsletter.ingest.related import list_above, list_at_end
from newsletter.ingest.tidy import letters

_GLUED = r"(?=\W*$|[A-ZА-ЯЁ])"  # a heading stands alone, or what follows was glued to it
_ABOUT = re.compile(
    rf"^\W*(?:(?:About the (?:Authors?|Editors?)|Об автор(?:е|ах)|"
    rf"[AÀ] propos (?:de l['’]au(?:teure?|trice)|des au(?:teure?|trice)s)|"
    rf"(?:Sobre|Acerca) (?:el|la|los|las|del|de los|de la|de las) autor(?:a|es|as)?|"
    rf"Über (?:den Autor|die Autor(?:in|en|innen))){_GLUED}"
    r"|(?i:About the (?:Author|Editor|Contributor|Writer)(?:s|\(s\))?)\W*$"
    r"|(?:О автор(?:е|ах)|Информация об автор(?:е|ах))\W*$"
    r"|(?:(?:نبذة|معلومات) )?(?:عن|حول) (?:المؤل[ّ]?ف(?:ة|ين|ون)?|الكات[ّ]?ب(?:ة|ين)?|الكتّاب)\W*$"
    r"|(?:关于作者|關於作者|作者简介|作者簡介)\W*$)"
)
_AUTHOR = re.compile(  # below a text it heads the author's box, above it a byline
    r"^\W*(?:Авторы?(?:\W*$|(?=[A-ZА-ЯЁ])|\s*:)|(?:المؤل[ّ]?ف(?:ة|ون)?|الكات[ّ]?ب(?:ة)?|作者|L['’]auteure?|Auteure?s?)\W*$)"
)
_RECENT = re.compile(
    rf"^\W*(?:(?i:Recent Work)\W*$|"
    rf"(?:Recent Work|(?:Последние|Недавние|Свежие|Новые) (?:публикации|работы|материалы)|"
    rf"(?:Travaux|Publications) récente?s|Trabajos? recientes?){_GLUED}"
    r"|(?:أحدث|آخر) (?:الأعمال|أعمال\S*|المنشورات|الإصدارات)\W*$|(?:أعمال حديثة|الأعمال الأخيرة)\W*$"
    r"|(?:最新|近期)(?:作品|文章)\W*$)"
)
_MORE = re.compile(
    r"^\W*(?:More [Ww]ork (?:[Ff]rom|[Bb]y)\b|(?:Read )?[Mm]ore [Ff]rom Carnegie\b|You May Also Like$|"
    r"Get more news and analysis from\b|Sign up for Carnegie\b|"
    r"(?:Другие|Ещ[её]|Больше) (?:материал|публикаци|работ)|"
    r"(?:ال)?مزيد من (?:ال)?(?:أعمال|إصدارات|منشورات|كارنيغي)|更多(?:来自|作品|卡[内內]基)|"
    r"(?:Plus de|Autres) (?:travaux|publications) (?:de|du)\b|Más trabajos? (?:de|del)\b)"
    r"(?!.*[.!?]$)"
)
_RELATED = re.compile(
    r"^\W*(?i:Related(?: (?:Work|Content|Articles?|Items?|Publications?|Reading|Materials?|Research|Resources))?|"
    r"Read More|See Also|Further Reading|Recommended|По теме|Читайте также|Материалы по теме|"
    r"مواضيع ذات صلة|مواد ذات صلة|اقرأ أيضًا|相关(?:内容|文章|阅读))\W*$"
)
_GLUED_HEADINGS = ("About the Author", "Recent Work", "More Work from ")
_HEADING_GLUED = re.compile(r"(?<=[.!?”’»)])(?=(?:About the Authors?|Recent Work|More Work from )(?:\W|$|[A-Z]))")
_SOURCE_BELOW = re.compile(r"^(?:Источник|المصدر)\s*[:：]\s*(.*)$")
_STILL_HEADER = re.compile(
    r"^(?:REQUIRED IMAGE|Link Copied|Published)|\d{4}(?: г\.)?$|^\S+\s\S+\s[٠-٩]{4}$", re.IGNORECASE
)
_ROLE = re.compile(
    r"^(?:[A-Z][\w'’.-]*,? (?:and |of )?){0,5}"
    r"(?:Fellow|Scholar|Director|Associate|President|Professor|Editor|Researcher|Analyst|Advis[eo]r|Chair)\b"
    r"[^.!?]{0,120}$"
)
_PERSON = re.compile(r"(?:[A-ZÀ-ÞА-ЯЁ][\w'’.-]*,? ?){2,5}")
HEADER_LINES = 4
LONGEST_HEAD = 200
LEAST_PROSE = 60  # characters of a teaser or a paragraph


@dataclass(frozen=True, slots=True)
class Ending:
    """The lines of the article alone, and the author heading that had nothing below it ("" = none)."""

    lines: list[str]
    heading_alone: str = ""
    source: str = ""  # what a source line below the text said


def until_end(lines: Sequence[str], *, names: Sequence[str] = (), authors: Sequence[str] = ()) -> Ending:
    """Cut ``lines`` at the earliest of: the author section, Recent Work with its list, a disclaimer, More Work.

    ``names`` are the centers of the page: a disclaimer that is glued to the body begins with one of them.
    ``authors`` may stand above their biographies where the heading is missing.
    """
    lines, disclaimer = _apart([part for line in lines for part in _unglued(line)], names)
    recent = next((at for at, line in enumerate(lines) if _RECENT.match(line)), None)
    stop = _first(lines, recent, disclaimer)
    kept = list(lines[:stop])
    about = [at for at, line in enumerate(kept) if _ABOUT.match(line) or (at > HEADER_LINES and _AUTHOR.match(line))]
    alone = kept[about[-1]] if about and about[-1] == len(kept) - 1 else ""
    below = _SOURCE_BELOW.match(lines[stop]) if stop < len(lines) else None
    kept = kept[: about[-1]] if about else kept
    kept = _without_biographies(_without_list(kept), {letters(name) for name in authors})
    return Ending(kept, alone, below[1] if below else "")


def _unglued(line: str) -> list[str]:
    """Return a line in two where a heading was glued to its last sentence."""
    return _HEADING_GLUED.split(line) if any(words in line for words in _GLUED_HEADINGS) else [line]


def _apart(lines: Sequence[str], names: Sequence[str]) -> tuple[Sequence[str], int | None]:
    """Set the first disclaimer on a line of its own, so that a heading it was glued to is known; also its place."""
    for at, line in enumerate(lines):
        start = disclaimer_in(line, names)
        if start is None and at == len(lines) - 1:
            start = cut_disclaimer_in(line, names)
        if start is not None:
            parts = [part for part in (line[:start].rstrip(), line[start:]) if part]
            return [*lines[:at], *parts, *lines[at + 1 :]], at + len(parts) - 1
    return lines, None


def _first(lines: Sequence[str], recent: int | None, disclaimer: int | None) -> int:
    """Return the first line that is Recent Work's list, More Work, the disclaimer, or a source below the text."""
    more = next((at for at, line in enumerate(lines) if _MORE.match(line)), None)
    ends = [len(lines), *(at for at in (more, disclaimer) if at is not None)]
    if recent is not None:
        ends.append(list_above(lines, recent))
    text = lines[: min(ends)]
    return next((at for at in range(HEADER_LINES, len(text)) if _is_source_below(text, at)), len(text))


def _is_source_below(lines: Sequence[str], at: int) -> bool:
    """Return True for a source line behind the text; one in the header names the publisher, and more follows it."""
    if not _SOURCE_BELOW.match(lines[at]) or any(_STILL_HEADER.search(line) for line in lines[at - 3 : at]):
        return False
    prose = {line for line in lines[:at] if len(line) >= LEAST_PROSE}
    return len(prose) > 1 and sum(map(len, prose)) >= sum(map(len, lines[at + 1 :]))


def _without_list(lines: list[str]) -> list[str]:
    """Drop a list of other items that closes the page, with the heading above it."""
    first = list_at_end(lines)
    headed = HEADER_LINES < first < len(lines) and _RELATED.match(lines[first - 1])
    return lines[: first - 1] if headed else lines[:first]


def _without_biographies(lines: list[str], authors: set[str]) -> list[str]:
    """Drop what closes a page whose author heading is missing: biographies below a role or the author's name."""
    while len(lines) > HEADER_LINES and _is_biography(lines[-2], lines[-1], authors):
        lines = lines[:-2]
        while len(lines) > HEADER_LINES and (_PERSON.fullmatch(lines[-1]) or _ABOUT.match(lines[-1])):
            lines = lines[:-1]
    return lines


def _is_biography(head: str, text: str, authors: set[str]) -> bool:
    if len(text) <= len(head) or len(head) > LONGEST_HEAD:
        return False
    told = letters(text[:LONGEST_HEAD])
    return bool(_ROLE.match(head)) or (letters(head) in authors and told.startswith((letters(head), _last_name(head))))


def _last_name(name: str) -> str:
    return letters(name.split()[-1])
