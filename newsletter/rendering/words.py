"""The interface words of digests, from gettext catalogues; an unknown language gets English.

``newsletter/locale/<language>/LC_MESSAGES/digest.po`` is read as it is: there is no compiled file to forget.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

RTL = frozenset({"ar", "fa", "he", "ur"})
LOCALE = Path(__file__).parents[1] / "locale"
LANGUAGES = ("en", "fr", "ru", "ar", "zh", "es")
SOURCE = "english.json"  # the English words beside catalogues of another day
_catalogues: ContextVar[Path] = ContextVar("catalogues", default=LOCALE)

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "in_this_issue": "In this issue",
        "read": "Read more",
        "read_whole": "Read the full article",
        "published_in": "Originally published in {where}",
        "also_in": "Also in {where}",
        "photo": "Photo: {who}",
        "photos": "Photos: {who}",
        "correction": "Correction",
        "why": "You receive {title} because you subscribed to it.",
        "sent_to": "This copy is for {address}.",
        "unsubscribe": "Unsubscribe",
        "preferences": "Preferences",
        "view": "View in browser",
        "others": "and others",
        "reader": "reader",
        "greeting": "Dear {name},",
        "greeting_unnamed": "Dear reader,",
    }
)
TYPES: Mapping[str, str] = MappingProxyType(  # the CMS's article types as readers may see them
    {
        "article": "Article",
        "book": "Book",
        "collection": "Collection",
        "commentary": "Commentary",
        "event": "Event",
        "legacyinthemedia": "In the media",
        "other": "",
        "paper": "Paper",
        "podcast": "Podcast",
        "pressrelease": "Press release",
        "q&a": "Q&A",
        "report": "Report",
        "research": "Research",
        "testimony": "Testimony",
        "video": "Video",
    }
)


@contextmanager
def catalogues_in(folder: Path) -> Iterator[None]:
    """Take the words from ``folder`` for the time of the block: catalogues as in ``LOCALE``, and ``SOURCE``."""
    token = _catalogues.set(folder)
    try:
        yield
    finally:
        _catalogues.reset(token)


def words(language: str) -> Mapping[str, str]:
    """Return the words of a language tag ("pt-BR" looks under "pt")."""
    return _words(language, _catalogues.get())


def label(kind: str, language: str) -> str:
    """Return an article's type as readers of ``language`` see it; a type we do not know is its own label."""
    place = _catalogues.get()
    known = _english(place)["types"].get(kind.lower())
    if known is None:
        return kind if not kind.islower() else kind.capitalize()
    return _translated(known, language, place, context="type") if known else ""


def english() -> Mapping[str, Mapping[str, str]]:
    """Return the words before any translation: {words, types}."""
    return _english(_catalogues.get())


def direction(language: str) -> str:
    """Return "rtl" for languages written from right to left, else "ltr"."""
    return "rtl" if base(language) in RTL else "ltr"


def direction_of(text: str, *, otherwise: str = "ltr") -> str:
    """Return the direction of a text by its first strong character (Unicode UAX 9, P2), ``otherwise`` without one."""
    for sign in text:
        match unicodedata.bidirectional(sign):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return otherwise


def base(language: str) -> str:
    """Return the language of a tag: "zh" of "zh-Hans"."""
    return language.replace("_", "-").split("-")[0].lower()


@lru_cache(maxsize=64)
def _words(language: str, place: Path) -> Mapping[str, str]:
    source = _english(place)["words"]
    return MappingProxyType({key: _translated(one, language, place) for key, one in source.items()})


@lru_cache(maxsize=8)
def _english(place: Path) -> Mapping[str, Mapping[str, str]]:
    kept = place / SOURCE
    return json.loads(kept.read_bytes()) if kept.is_file() else {"words": ENGLISH, "types": TYPES}


def _translated(one: str, language: str, place: Path, *, context: str | None = None) -> str:
    catalogue = _catalogue(base(language), place)
    message = catalogue.get(one, context) if catalogue else None
    return str(message.string) if message and message.string else one


@lru_cache(maxsize=32)
def _catalogue(language: str, place: Path) -> Catalog | None:
    path = place / language / "LC_MESSAGES" / "digest.po"
    if language not in LANGUAGES or not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language)
