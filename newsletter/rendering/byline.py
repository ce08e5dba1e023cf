"""The authors' line under a headline, in the way of the language."""

from __future__ import annotations

from collections.abc import Sequence

from babel import Locale, UnknownLocaleError
from babel.lists import format_list

from newsletter.rendering.words import direction, direction_of, words

MOST = 4


def byline(authors: Sequence[str], *, language: str = "en", institution: str = "", most: int = MOST) -> str:
    """Return "A, B, and C" in ``language``; above ``most`` names the first ones "and others".

    Without authors it is the ``institution`` ("" when there is none). Order is the CMS's.
    """
    names = [isolated(" ".join(name.split()), language=language) for name in authors if name.strip()]
    if not names:
        return institution
    if len(names) > most:
        return f"{format_list(names[: most - 1], style='unit', locale=locale(language))} {words(language)['others']}"
    return format_list(names, locale=locale(language))


def isolated(name: str, *, language: str) -> str:
    """Return ``name`` so that its own direction stays inside it (Unicode isolates) when the text runs the other way."""
    return name if direction_of(name) == direction(language) else f"\u2068{name}\u2069"


def locale(language: str) -> Locale:
    """Return Babel's locale of a language tag, English for one it does not know."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")
