"""The language a reader wants; ``pt`` holds for ``pt-BR`` too, ``pt-BR`` for itself alone."""

from __future__ import annotations

import re

from newsletter.expressions.tree import NONE, Clause
from newsletter.readers.facet import Person, Values

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


class Language:
    """``language:fr``, ``language:none`` for readers of whom it is not known."""

    operators = (":",)

    def complaint(self, operator: str, value: str) -> str:
        return "" if _TAG.fullmatch(_plain(value)) else "Give a language such as fr or pt-BR, or none."

    def condition(self, clause: Clause, place: str) -> tuple[str, Values]:
        if clause.special:
            return ("a.language = ''" if clause.special == NONE else "a.language <> ''"), {}
        wanted = _plain(clause.value)
        text = f"(lower(a.language) = %({place})s or starts_with(lower(a.language), %({place}_)s))"
        return text, {place: wanted, f"{place}_": f"{wanted}-"}

    def passes(self, clause: Clause, person: Person) -> bool:
        if clause.special:
            return (person.language == "") == (clause.special == NONE)
        wanted, language = _plain(clause.value), person.language.lower()
        return language == wanted or language.startswith(f"{wanted}-")


def _plain(value: str) -> str:
    return value.strip().replace("_", "-").lower()
