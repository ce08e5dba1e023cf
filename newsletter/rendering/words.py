"""The interface words of digests, from gettext catalogues; an unknown language gets English.

``newsletter/locale/<language>/LC_MESSAGES/digest.po`` is read as it is: there is no compiled file to forget.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

RTL = frozenset({"ar", "fa", "he", "ur"})
LOCALE = Path(__file__).parents[1] / "locale"
LANGUAGES = ("en", "fr", "ru", "ar", "zh", "es")

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "in_this_issue": "In this issue",
        "read": "Read more",
        "read_whole": "Read the full article",
        "published_in": "Originally published in {where}",
        "photo": "Photo: {who}",
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


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the words of a language tag ("pt-BR" looks under "pt")."""
    return MappingProxyType({key: _translated(english, language) for key, english in ENGLISH.items()})


@cache
def label(kind: str, language: str) -> str:
    """Return an article's type as readers of ``language`` see it; a type we do not know is its own label."""
    known = TYPES.get(kind.lower())
    if known is None:
        return kind if not kind.islower() else kind.capitalize()
    return _translated(known, language, context="type") if known else ""


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


def _translated(english: str, language: str, *, context: str | None = None) -> str:
    catalogue = _catalogue(base(language))
    message = catalogue.get(english, context) if catalogue else None
    return str(message.string) if message and message.string else english


@cache
def _catalogue(language: str) -> Catalog | None:
    path = LOCALE / language / "LC_MESSAGES" / "digest.po"
    if language not in LANGUAGES or not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language)
