"""The authors' line under a headline, in the way of the language and by the rules of the newsletter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError
from babel.lists import format_list

from newsletter.rendering.digest import Piece
from newsletter.rendering.words import base, direction, direction_of, words

MOST = 4
_PLACE = re.compile(r"\{(\d+)\}")
_HARD_I = re.compile(r"h?[ií](?![aeo])", re.IGNORECASE)  # "Ana e Inés", but "cobre y hierro" (RAE, Ortografía 2010)
_BRACKETS = {"zh": "（{}）", "ja": "（{}）"}


@dataclass(frozen=True, slots=True)
class Author:
    """A name as the CMS has it, with the author's page and center ("" = unknown, or not to be shown)."""

    name: str
    page: str = ""
    affiliation: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a newsletter signs its articles."""

    most: int = MOST  # names; above it the last ones become "and others"
    affiliations: bool = False  # the author's center behind the name
    pages: bool = True  # names lead to their authors' pages
    institution: str = "center"  # who signs when nobody does: "center", "newsletter", or "nobody"


STANDARD = Rules()


@dataclass(frozen=True, slots=True)
class _Signature:
    """What stands for one author: the name (perhaps a link), and the label behind it."""

    name: str
    page: str = ""
    label: str = ""


def byline(authors: Sequence[str], *, language: str = "en", institution: str = "", most: int = MOST) -> str:
    """Return "A, B, and C" in ``language``; above ``most`` names the first ones "and others".

    Without authors it is the ``institution`` ("" when there is none). Order is the CMS's.
    """
    named = [Author(name) for name in authors]
    return spoken(sign(named, language=language, institution=institution, rules=Rules(most=most)))


def sign(
    authors: Sequence[Author], *, language: str = "en", institution: str = "", rules: Rules = STANDARD
) -> tuple[Piece, ...]:
    """Return the byline in pieces: the names in order, joined in the way of ``language``, pages as links.

    A center that all authors share is said once, behind the last name. Without authors the ``institution`` signs.
    """
    known = [author for author in authors if author.name.strip()]
    if not known:
        return (Piece(isolated(institution, language=language)),) if institution else ()
    shown = known if len(known) <= rules.most else known[: max(1, rules.most - 1)]
    cut = len(shown) < len(known)
    labels = {author.affiliation for author in shown} if rules.affiliations else {""}
    shared = labels.pop() if len(labels) == 1 else ""
    signatures = [
        _Signature(
            name=isolated(" ".join(author.name.split()), language=language),
            page=author.page if rules.pages else "",
            label=author.affiliation if rules.affiliations and not shared else "",
        )
        for author in shown
    ]
    tail = (_label(shared, language),) if shared else ()
    return (*_joined(signatures, language=language, cut=cut), *tail)


def spoken(pieces: Sequence[Piece]) -> str:
    """Return a byline as plain text."""
    return "".join(piece.text for piece in pieces)


def isolated(name: str, *, language: str) -> str:
    """Return ``name`` so that its own direction stays inside it (Unicode isolates) when the text runs the other way."""
    return name if direction_of(name) == direction(language) else f"\u2068{name}\u2069"


def locale(language: str) -> Locale:
    """Return Babel's locale of a language tag, English for one it does not know."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def _joined(signatures: list[_Signature], *, language: str, cut: bool) -> Iterator[Piece]:
    """Yield names and what joins them; the pattern of the list is filled with marks, then taken apart again."""
    for part in _PLACE.split(_pattern(signatures, language=language, cut=cut)):
        if not part.isdecimal():
            if part:
                yield Piece(part)
            continue
        one = signatures[int(part)]
        yield Piece(one.name, one.page)
        if one.label:
            yield _label(one.label, language)


def _pattern(signatures: list[_Signature], *, language: str, cut: bool) -> str:
    """Return the list as "{0}, {1} and {2}", or "{0}, {1} and others"."""
    marks = [f"{{{number}}}" for number in range(len(signatures))]
    spoken_by = locale(language)
    if not cut:
        whole = format_list(marks, locale=spoken_by)
        return _before_i(whole, signatures[-1].name) if base(language) == "es" and len(marks) > 1 else whole
    between = spoken_by.list_patterns["standard"]["middle"].removeprefix("{0}").removesuffix("{1}")
    space = "" if base(language) in _BRACKETS else " "
    return f"{between.join(marks)}{space}{words(language)['others']}"


def _before_i(whole: str, last: str) -> str:
    """Return a Spanish list whose last "y" is "e" before a name that begins with the sound i."""
    head, joint, tail = whole.rpartition(" y ")
    return f"{head} e {tail}" if joint and _HARD_I.match(last) else whole


def _label(label: str, language: str) -> Piece:
    return Piece(_BRACKETS.get(base(language), " ({})").format(isolated(label, language=language)))
