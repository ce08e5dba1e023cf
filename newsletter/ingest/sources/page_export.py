"""Page exports: a JSON metadata object somewhere in the text of a page (docs/reference/page-export.md).

What stands before the object is left over from another item. Behind it come, in either layout, an image credit or
placeholder, perhaps a label, perhaps a title, perhaps a teaser, the name of the first publisher, the body, and then
boxes about authors and other work that do not belong to the article.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from newsletter.articles.identity import slug_of
from newsletter.articles.language import language_of
from newsletter.expressions.fold import fold
from newsletter.ingest.dates import address_date, date_line
from newsletter.ingest.source import IncomingArticle, Oddity, RefusedRecord

BLANK = " \t\r\n\f\v\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u2060\u3000\ufeff"
OBJECTS_TRIED = 2000
LONGEST_TITLE = 200
LONGEST_TEASER = 700
SHORT_BODY = 200
PLACEHOLDER = "REQUIRED IMAGE"
LISTS = ("centers", "collections", "programs", "projects", "regions", "topics")

_AGENCY = re.compile(
    r"getty|associated press|\bap\b|reuters|\bafp\b|\bepa\b|shutterstock|istock|alamy|flickr|wikimedia|unsplash|pexels|"
    r"adobe stock|bloomberg via|anadolu|sipa|\bnasa\b|\btass\b|ria novosti|sputnik|xinhua|\bvcg\b|zuma|corbis|"
    r"public domain|creative commons|photo",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"^(?:source|sources|источник|المصدر|来源|quelle|fuente|source\s)\s*[:：]\s*(.*)$", re.IGNORECASE)
_LABELS = frozenset(
    fold(label)
    for label in (
        "In The Media|Commentary|Article|Paper|Research|Report|Testimony|Press Release|Q&A|Other|Event|Book|Brief|Podcast|"
        "Video|Working Paper|Policy Outlook|Op-Ed|Blog|Collection|Project|Carnegie Politika|Strategic Europe|Diwan|Emissary|"
        "Sada|Legacy in the Media|Интервью|Статья|Комментарий|تعليق|مقال|评论|文章"
    ).split("|")
)
_FURNITURE = re.compile(
    r"^(?:link copied!?|copy link|share|print|download(?: pdf)?|subscribe|listen|read more|view pdf|full text|\+ ?\d+|#{1,6}|"
    r"required image|invalid video url|table of contents)$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^(?:about the authors?|об авторах?|автор(?:ы)?|عن (?:المؤلف|الكاتب|المؤلفين|الكتّاب)|نبذة عن (?:المؤلف|الكاتب)|关于作者|"
    r"à propos (?:de l['’]auteur|des auteurs)|sobre (?:el autor|los autores))\s*:?$",
    re.IGNORECASE,
)
_RECENT = re.compile(r"^(?:recent work|последние публикации|أحدث الأعمال|最新作品)\s*:?$", re.IGNORECASE)
_MORE = re.compile(r"^(?:more work from|еще материалы|ещё материалы|المزيد من (?:أعمال|إصدارات)|更多)\b", re.IGNORECASE)
_DISCLAIMER = re.compile(
    r"[^.!?。؟\n]{0,160}(?:(?:does|do) not take institutional positions? on public policy|"
    r"не занимает (?:какой-либо )?институциональн|لا (?:يتخذ|تتخذ) .{0,40}مواقف مؤسس|不就公共政策问题采取机构立场)",
    re.IGNORECASE,
)
_SENTENCE_INSIDE = re.compile(
    r"(?<![A-ZА-ЯЁ])(?<!\bMr)(?<!\bDr)(?<!\bSt)(?<!\bvs)(?<!\bNo)(?<!\bJr)[.](?:[\"'”’»)]*)\s+[A-ZА-ЯЁ]"
)
_INITIALS_AT_END = re.compile(r"(?:\b[A-Z]\.){2,}$|\b(?:Jr|Sr|Inc|Co|Ltd|etc)\.$")
_CLOSING = "\"'”’»)]"
_JUNK_TITLES = frozenset({"ignore", "test", "untitled", "draft", "tbd"})


class PageExport:
    """The socket's plug for page exports."""

    name = "page-export"

    def read(self, content: bytes, *, key: str, url: str) -> IncomingArticle | RefusedRecord:
        """Return the article of one exported page, or why it has to wait for a person."""
        text, oddities = _decoded(content)
        found = _metadata(text)
        if isinstance(found, _Trouble):
            return RefusedRecord(key, found.reason, found.message, _position(text, found.at), text)
        meta, end = found
        page = _read_page(_lines(text, end), _facet_line(meta), oddities)
        return _article(meta, page, key, url, text, end)


@dataclass(frozen=True, slots=True)
class _Trouble:
    reason: str
    message: str
    at: int


@dataclass(slots=True)
class _Page:
    """What the text behind the metadata said."""

    title: str = ""
    teaser: str = ""
    body: str = ""
    credit: str = ""
    publisher: str = ""
    date: Any = None
    oddities: list[Oddity] = field(default_factory=list)


def _decoded(content: bytes) -> tuple[str, list[Oddity]]:
    try:
        text, oddities = content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        text = content.decode("cp1252", errors="replace")
        oddities = [
            Oddity("encoding", "body", f"The file is not UTF-8 (byte {error.start + 1}); read as Windows-1252.")
        ]
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), oddities


def _metadata(text: str) -> tuple[dict[str, Any], int] | _Trouble:
    """Return the first object with ``authors`` and ``type`` and where it ends."""
    decoder = json.JSONDecoder(strict=False)
    first_fault: _Trouble | None = None
    at = text.find("{")
    for _ in range(OBJECTS_TRIED):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            place = error.pos if isinstance(error, json.JSONDecodeError) else at
            words = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            if first_fault is None and '"' in text[at : at + 40]:
                first_fault = _Trouble("broken_json", f"The metadata object is broken or cut: {words}.", place)
        else:
            if isinstance(value, dict) and "authors" in value and "type" in value:
                return value, end
        at = text.find("{", at + 1)
    if first_fault:
        return first_fault
    return _Trouble("no_json", "There is no metadata object with authors and type. Export the page again.", 0)


def _lines(text: str, end: int) -> list[str]:
    """Return the lines behind the metadata without blanks around them; empty ones are dropped."""
    lines = (unicodedata.normalize("NFC", line).strip(BLANK) for line in text[end:].split("\n"))
    return [line for line in lines if line]


def _facet_line(meta: dict[str, Any]) -> list[str]:
    """Return every facet value, longest first: pages show them glued into one line."""
    values = [value for key in (*LISTS, "type") for value in _texts(meta.get(key))]
    return sorted({fold(value) for value in values}, key=len, reverse=True)


def _read_page(lines: list[str], facets: list[str], oddities: list[Oddity]) -> _Page:
    page = _Page(oddities=oddities)
    lines = _until_end(lines, page)
    lines = _head(lines, page)
    lines = _title_and_teaser(lines, facets, page)
    page.body = "\n\n".join(_body(lines, facets, page))
    if len(page.body) < SHORT_BODY:
        page.oddities.append(Oddity("short_body", "body", f"The body has {len(page.body)} characters."))
    return page


def _until_end(lines: list[str], page: _Page) -> list[str]:
    """Cut at the earliest of: the last author heading before Recent Work, Recent Work, a disclaimer, More Work."""
    stop = next((at for at, line in enumerate(lines) if _RECENT.match(line) or _MORE.match(line)), len(lines))
    for at, line in enumerate(lines[:stop]):
        found = _DISCLAIMER.search(line)
        if found:
            kept = line[: found.start()].strip(BLANK)
            lines = [*lines[:at], *([kept] if kept else [])]
            stop = len(lines)
            break
    about = [at for at, line in enumerate(lines[:stop]) if _ABOUT.match(line)]
    if about and about[-1] == len(lines) - 1:
        page.oddities.append(Oddity("heading_alone", "body", f"The heading {lines[about[-1]]!r} has nothing below it."))
    return lines[: about[-1]] if about else lines[:stop]


def _head(lines: list[str], page: _Page) -> list[str]:
    """Take image credit, placeholder and label from the top."""
    placeholder = False
    while lines:
        line = lines[0]
        source = _SOURCE.match(line)
        if line.upper() == PLACEHOLDER:
            placeholder = True
        elif source and not placeholder and not page.credit and _is_credit(source[1], lines[1:]):
            page.credit = source[1].strip()
        elif source:
            page.publisher = page.publisher or source[1].strip()
        elif fold(line) not in _LABELS and not _FURNITURE.match(line):
            return lines
        _note_junk(line, page)
        lines = lines[1:]
    return lines


def _is_credit(words: str, later: list[str]) -> bool:
    """The first Source line is the image's when it names an agency, or when the publisher's own line follows."""
    return bool(_AGENCY.search(words)) or any(_SOURCE.match(line) for line in later[:4])


def _title_and_teaser(lines: list[str], facets: list[str], page: _Page) -> list[str]:
    """Take title and teaser; a line that reads like a sentence is never a title."""
    if lines and _like_title(lines[0], lines[1:]) and not _is_glued(lines[0], facets):
        page.title, lines = lines[0], lines[1:]
        while lines and fold(lines[0]) == fold(page.title):
            lines = lines[1:]
        if fold(page.title) in _JUNK_TITLES:
            page.oddities.append(Oddity("junk_title", "title", f"{page.title!r} is hardly a title."))
        if not lines or not _is_sentence(lines[0]):
            page.oddities.append(Oddity("unsure_title", "title", "This line may be a teaser; no sentence follows it."))
    if lines and _like_teaser(lines, facets):
        page.teaser, lines = lines[0], lines[1:]
        while lines and fold(lines[0]) == fold(page.teaser):
            lines = lines[1:]
    if not page.teaser:
        page.oddities.append(Oddity("no_teaser", "teaser", "There is no teaser."))
    return lines


def _like_title(line: str, later: list[str]) -> bool:
    if len(line) > LONGEST_TITLE or _is_meta(line) or not any(sign.isalpha() for sign in line):
        return False
    if line.startswith(("- ", "• ", "* ")):
        return False
    if _ends_sentence(line) or _SENTENCE_INSIDE.search(line):
        return False
    return bool(later)


def _like_teaser(lines: list[str], facets: list[str]) -> bool:
    """A teaser is short, no furniture, and something follows it: a Source line, furniture or the body."""
    line = lines[0]
    if len(line) > LONGEST_TEASER or _is_meta(line) or _is_glued(line, facets) or line.startswith(("- ", "• ")):
        return False
    if len(lines) == 1:
        return True
    return _is_meta(lines[1]) or len(line) <= 500


def _is_sentence(line: str) -> bool:
    return _is_meta(line) or _ends_sentence(line) or len(line) > LONGEST_TITLE


def _ends_sentence(line: str) -> bool:
    bare = line.rstrip(_CLOSING)
    return bare.endswith((".", "。", "…", ":", ";", "；", "：", "۔")) and not _INITIALS_AT_END.search(bare)


def _is_meta(line: str) -> bool:
    """Whether a line belongs to the page's furniture: source, date, buttons."""
    return bool(_SOURCE.match(line) or _FURNITURE.match(line)) or date_line(line) is not None


def _is_glued(line: str, facets: list[str]) -> bool:
    """Whether a line is nothing but facet values run together ("Foreign PolicyMiddle EastIran")."""
    rest = fold(line)
    for value in facets:
        rest = rest.replace(value, "")
    return bool(line) and not rest.strip(" ,;|")


def _body(lines: list[str], facets: list[str], page: _Page) -> Iterator[str]:
    """Yield the paragraphs; take the publisher and the date on the way."""
    dated = False
    begun = False
    for at, line in enumerate(lines):
        source = _SOURCE.match(line)
        if source and not begun:
            page.publisher = page.publisher or source[1].strip()
        elif not begun and (day := date_line(line)):
            page.date, dated = page.date or day, True
        elif _FURNITURE.match(line) or _is_glued(line, facets):
            _note_junk(line, page)
        elif dated and not begun and not page.publisher and _like_publisher(line, lines[at + 1 :], facets):
            page.publisher = line
        else:
            begun = True
            yield line


def _like_publisher(line: str, later: list[str], facets: list[str]) -> bool:
    """Below "Published on", a short line that is no sentence names the publisher."""
    following = not later or _is_glued(later[0], facets) or _is_sentence(later[0])
    return len(line) <= 80 and not _ends_sentence(line) and following


def _note_junk(line: str, page: _Page) -> None:
    if fold(line) == "invalid video url" or set(line) == {"#"}:
        page.oddities.append(Oddity("junk_line", "body", f"The page shows {line!r}."))


def _article(
    meta: dict[str, Any], page: _Page, key: str, url: str, text: str, end: int
) -> IncomingArticle | RefusedRecord:
    title, derived = page.title, False
    if not title:
        title, derived = _title_from(url), True
    if not title:
        words = "The page has no title and no address is known. Give its address in the URL map, or a title in the CMS."
        return RefusedRecord(key, "no_title", words, _position(text, end), text)
    day, precision = (page.date, "day") if page.date else address_date(url)
    sample = f"{title} {page.teaser} {page.body[:600]}"
    return IncomingArticle(
        key=key,
        title=title,
        title_derived=derived,
        teaser=page.teaser,
        body=page.body,
        authors=_authors(meta.get("authors")),
        type=_text(meta.get("type")),
        blog=_text(meta.get("blog")),
        newsletters=_codes(meta.get("englishNewsletterAll"), meta.get("nonEnglishNewsletterAll")),
        center_codes=_codes(meta.get("centerAffiliationAll")),
        program_codes=_codes(meta.get("programAffiliation")),
        centers=_values(meta.get("centers")),
        primary_center=_text(meta.get("primaryCenter")),
        programs=_values(meta.get("programs")),
        projects=_values(meta.get("projects")),
        collections=_values(meta.get("collections")),
        regions=_values(meta.get("regions")),
        topics=_values(meta.get("topics")),
        language=language_of(url, sample),
        language_derived=True,
        published_on=day,
        published_precision=precision,
        url=url,
        originally_published_in=page.publisher[:500],
        image_credit=page.credit[:500],
        warnings=tuple(page.oddities),
    )


def _title_from(url: str) -> str:
    """Return a title made of the slug of an address, "" without one."""
    words = [word for word in re.split(r"[-_+\s]+", slug_of(url)) if word] if url else []
    if not words or all(word.isdecimal() for word in words):
        return ""
    text = re.sub(r"\b(\w+) s\b", r"\1’s", " ".join(words))
    return text[:1].upper() + text[1:]


def _authors(value: object) -> tuple[str, ...]:
    return tuple(name for name in _values(value) if not re.fullmatch(r"\+\s*\d+|[.…]+|-+", name))


def _codes(*values: object) -> tuple[str, ...]:
    """Return codes: a string may hold several, separated by commas or semicolons; each once, case kept."""
    return _unique(part for value in values for text in _texts(value) for part in re.split(r"[,;]", text))


def _values(value: object) -> tuple[str, ...]:
    """Return the values of a list, each once; a value is never split."""
    return _unique(_texts(value))


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for text in texts:
        clean = _clean(text)
        if clean and fold(clean):
            seen.setdefault(fold(clean), clean)
    return tuple(seen.values())


def _text(value: object) -> str:
    return next(iter(_values(value)), "")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode().strip(BLANK).split())[:500]


def _position(text: str, at: int) -> str:
    before = text[:at]
    return f"line {before.count(chr(10)) + 1}, column {at - (before.rfind(chr(10)) + 1) + 1}"
