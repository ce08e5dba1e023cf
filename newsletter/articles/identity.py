"""When two records are one article, whatever address, language section or legacy number they came under."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from newsletter.expressions.fold import folded_as_ever

_LEGACY_NUMBER = re.compile(r"(?:^|-)pub-\d+$", re.IGNORECASE)
_FILE_ENDING = re.compile(r"\.(?:html?|php|aspx?|cfm|jsp)$", re.IGNORECASE)
_DATED = re.compile(r"/((?:19|20)\d{2})/(0?[1-9]|1[0-2])(?:/(?:0?[1-9]|[12]\d|3[01]))?/")
_TRACKING = re.compile(r"^(?:utm_.*|fbclid|gclid|mc_cid|mc_eid|igshid)$", re.IGNORECASE)
_LANGUAGE = re.compile(r"^(?:en|ru|ar|zh|fr|es|fa|tr|de|pt|uk|hi|ja|ko|he)$")
_NOT_WORD = re.compile(r"[\W_]+")
LONGEST_KEY = 500


def identity_of(url: str, title: str, authors: Iterable[str]) -> str:
    """Return the key of an article: year/month and slug of its address, else its folded title and authors."""
    return (url and address_identity(url)) or words_identity(title, authors)


def address_identity(url: str) -> str:
    """Return the key in an address, "" when it names no article: ``2021/12/russiaschinapolicy``.

    Section, language, legacy number and what an apostrophe left behind ("russia-s", "russias") do not matter. An
    address without a date keeps its host and its query, so that two sites do not share a slug. A legacy number stays
    where it is all that tells articles apart ("ar-pub-53").
    """
    parts = _split(url)
    path = unquote(parts.path).rstrip("/") + "/"
    if (dated := _DATED.search(path)) and (slug := _letters(_last(path[dated.end() - 1 :]))):
        return _bounded(f"{dated[1]}/{int(dated[2]):02d}/{slug}")
    words = [word for word in path.casefold().split("/") if word and not _LANGUAGE.match(word)]
    slug = _letters(_last(path))
    where = words if slug.isdecimal() or not slug else words[-1:]
    query = urlencode(sorted(pair for pair in _query(parts) if pair[0].lower() != "lang"))
    key = "/".join(filter(None, (*map(_letters, where), query)))
    return _bounded(f"{(parts.hostname or '').removeprefix('www.')}/{key}") if key else ""


def words_identity(title: str, authors: Iterable[str]) -> str:
    """Return the key of an article without an address."""
    return _bounded("title:" + folded_as_ever(title) + "|" + "|".join(sorted(folded_as_ever(name) for name in authors)))


def clean_address(url: str) -> str:
    """Return an address without tracking parameters and fragment; readers are sent to this form."""
    parts = _split(url.strip())
    query = urlencode(_query(parts)) if _TRACKING_IN.search(parts.query) else parts.query
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, query, ""))


def slug_of(url: str) -> str:
    """Return the last part of the path without its legacy number and file ending, "" for an address without one.

    A language alone ("ar-pub-53") is no slug.
    """
    last = _last(unquote(_split(url).path))
    slug = _FILE_ENDING.sub("", _LEGACY_NUMBER.sub("", last))
    return "" if _LANGUAGE.match(slug.casefold()) else slug


_TRACKING_IN = re.compile(r"(?:^|&)(?:utm_|fbclid|gclid|mc_cid|mc_eid|igshid)", re.IGNORECASE)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.hostname  # noqa: B018 - a broken host shows only when it is read
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _query(parts: SplitResult) -> list[tuple[str, str]]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return [(name, value) for name, value in pairs if not _TRACKING.match(name)]


def _last(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]


def _letters(last: str) -> str:
    """Return a slug as letters and digits alone: hyphens, apostrophes and their remains make no difference."""
    said = _FILE_ENDING.sub("", last)
    bare = _LEGACY_NUMBER.sub("", said)
    return _NOT_WORD.sub("", folded_as_ever(said if bare != said and _says_nothing(bare) else bare))


def _says_nothing(slug: str) -> bool:
    return not slug.strip("-") or bool(_LANGUAGE.match(slug.casefold()))


def _bounded(key: str) -> str:
    key = key.replace("\0", "")
    return (
        key if len(key) <= LONGEST_KEY else key[:400] + ":" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    )
