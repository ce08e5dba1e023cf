"""The metadata object of a page: found in any text, and read without ever splitting a value that holds commas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from newsletter.expressions.fold import fold
from newsletter.ingest.source import Oddity
from newsletter.ingest.tidy import tidy

MOST_OBJECTS_TRIED = 500
LONGEST_VALUE = 500
KEYS = (  # what a metadata object may hold
    *("authors", "type", "blog", "centerAffiliationAll", "centers", "collections", "englishNewsletterAll"),
    *("nonEnglishNewsletterAll", "primaryCenter", "programAffiliation", "programs", "projects", "regions", "topics"),
)
_OPENING = re.compile(r"\{(?=\s*[\"}'\w])")
_AUTHORS_FIRST = re.compile(r'\{(?=\s*"authors"\s*:)')
_WRAPPING = re.compile(r"(?:\s*(?:[}\]),;]|```))+")  # what closes a list, an outer object or a fence around the object
_NO_AUTHOR = re.compile(
    r"[-–—•*·]?\s*[+＋]\s*\d+(?:\s+\w+)?|\d+\s*[+＋]?|[\W_]*|.*(?:[\s,]\.\.\.|…)|"
    r"(?:and|&)\s+(?:\d+\s+)?(?:more|others?)|et al\.?|null|undefined|none|n/a",
    re.DOTALL | re.IGNORECASE,
)
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Found:
    """The object, and where in the text it begins and ends."""

    value: dict[str, Any]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why there is no usable object, in words for an editor, and where in the text."""

    reason: str
    message: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The facets of one page, each value whole, tidied and once."""

    authors: tuple[str, ...] = ()
    type: str = ""
    blog: str = ""
    newsletters: tuple[str, ...] = ()
    center_codes: tuple[str, ...] = ()
    program_codes: tuple[str, ...] = ()
    centers: tuple[str, ...] = ()
    primary_center: str = ""
    programs: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    oddities: tuple[Oddity, ...] = ()


def find_metadata(text: str, *, start: int = 0) -> Found | NotFound:
    """Return the first object from ``start`` on that parses and has ``authors`` and ``type``."""
    found, place = _search(text, _OPENING, start)
    if isinstance(found, NotFound) and place:  # a page full of braces: only what begins as the CMS writes it is tried
        likely, _ = _search(text, _AUTHORS_FIRST, place)
        return likely if isinstance(likely, Found) or likely.reason == "broken_json" else found
    return found


def _search(text: str, opening: re.Pattern[str], start: int) -> tuple[Found | NotFound, int]:
    """Try the objects that begin with ``opening``; also the place where too many had been tried, 0 if all were."""
    trouble: NotFound | None = None
    place, tried = start, 0
    while (found := opening.search(text, place)) and tried < MOST_OBJECTS_TRIED:
        tried += 1
        place = found.end()
        try:
            value, end = _DECODER.raw_decode(text, found.start())
        except (ValueError, RecursionError) as broken:
            if trouble is None and re.match(r'\{\s*"', text[found.start() : found.start() + 80]):
                trouble = _broken(broken, found.start(), text)
            continue
        if isinstance(value, dict) and "authors" in value and "type" in value:
            behind = _WRAPPING.match(text, end)
            return Found(value, found.start(), behind.end() if behind else end), 0
    words = "There is no metadata object with authors and type. Export the page again."
    return trouble or NotFound("no_json", words, start), place if found else 0


def read_metadata(value: dict[str, Any]) -> Metadata:
    """Return the facets in ``value``; a key that is absent is empty, a value of another kind is noted."""
    authors, oddities = _authors(value.get("authors"))
    if not _first(value.get("type")):
        oddities.append(Oddity("no_type", "type", "The page has no type."))
    oddities += [
        Oddity("odd_kind", name, f"{name} holds something that is neither a text nor a list of texts; it was left out.")
        for name in KEYS
        if _is_odd(value.get(name))
    ]
    return Metadata(
        authors=authors,
        type=_first(value.get("type"))[:120],
        blog=_first(value.get("blog"))[:200],
        newsletters=_codes(value.get("englishNewsletterAll"), value.get("nonEnglishNewsletterAll")),
        center_codes=_codes(value.get("centerAffiliationAll")),
        program_codes=_codes(value.get("programAffiliation")),
        centers=_values(value.get("centers")),
        primary_center=_first(value.get("primaryCenter"))[:200],
        programs=_values(value.get("programs")),
        projects=_values(value.get("projects")),
        collections=_values(value.get("collections")),
        regions=_values(value.get("regions")),
        topics=_values(value.get("topics")),
        oddities=tuple(oddities),
    )


def _is_odd(value: object, *, inside: bool = False) -> bool:
    """Return whether there is anything in a value that is no text: null in a list, a number, a list in a list."""
    if isinstance(value, list):
        return inside or any(_is_odd(part, inside=True) for part in value)
    if isinstance(value, dict):
        return not _texts(value)
    return not isinstance(value, str) and (inside or value is not None)


def _broken(broken: Exception, start: int, text: str) -> NotFound:
    if not isinstance(broken, json.JSONDecodeError):
        return NotFound("broken_json", "The metadata object cannot be read (too deep, or a number too long).", start)
    if broken.pos >= len(text.rstrip()) or broken.msg.startswith("Unterminated"):
        return NotFound("broken_json", "The metadata object is cut off. Export the page again.", broken.pos)
    return NotFound("broken_json", f"The metadata object is broken: {broken.msg}. Correct it in the CMS.", broken.pos)


def _authors(value: object) -> tuple[tuple[str, ...], list[Oddity]]:
    """Return the authors in order, each once, without overflow counts and shortened bylines."""
    named = [name for text in _texts(value) if (name := tidy(text)[:LONGEST_VALUE])]
    kept = [name for name in named if not _NO_AUTHOR.fullmatch(name)]
    authors = _unique(kept)
    oddities = [
        Oddity("no_author", "authors", f"{name!r} is not a person and was left out.")
        for name in named
        if name not in kept
    ]
    if len(authors) < len(kept):
        oddities.append(Oddity("duplicate_author", "authors", "An author is named twice."))
    return authors, oddities


def _codes(*values: object) -> tuple[str, ...]:
    """Return codes: a text may hold several, separated by commas or semicolons; each once, case kept."""
    return _unique(tidy(part) for value in values for text in _texts(value) for part in re.split(r"[,;]", text))


def _values(value: object) -> tuple[str, ...]:
    return _unique(tidy(text)[:LONGEST_VALUE] for text in _texts(value))


def _first(value: object) -> str:
    return next(iter(_values(value)), "")


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts in order, each once; two that fold alike are one."""
    kept: dict[str, str] = {}
    for text in texts:
        if key := fold(text):
            kept.setdefault(key, text)
    return tuple(kept.values())


def _texts(value: object) -> list[str]:
    """Return every text in ``value``: itself, those of a list, or the name of an object."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for part in value if not isinstance(part, list) for text in _texts(part)]
    if isinstance(value, dict):
        return [text for key in ("name", "title") if isinstance(text := value.get(key), str)][:1]
    return []
