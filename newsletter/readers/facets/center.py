"""The center a reader belongs to, by its code."""

from __future__ import annotations

from newsletter.expressions.fold import fold
from newsletter.expressions.tree import NONE, Clause
from newsletter.readers.facet import Person, Values


class Center:
    """``center:india``, ``center:none``."""

    operators = (":",)

    def complaint(self, operator: str, value: str) -> str:
        return "" if fold(value) else "Give a code, or none."

    def condition(self, clause: Clause, place: str) -> tuple[str, Values]:
        if clause.special:
            return ("a.center = ''" if clause.special == NONE else "a.center <> ''"), {}
        return f"a.center = %({place})s", {place: fold(clause.value)}

    def passes(self, clause: Clause, person: Person) -> bool:
        if clause.special:
            return (person.center == "") == (clause.special == NONE)
        return person.center == fold(clause.value)
