"""What a reader is marked with: by the file they came from, by the office, or by themselves."""

from __future__ import annotations

from newsletter.expressions.fold import fold
from newsletter.expressions.tree import NONE, Clause
from newsletter.readers.facet import Person, Values


class Tag:
    """``tag:donor``, ``tag:none``."""

    operators = (":",)

    def complaint(self, operator: str, value: str) -> str:
        return "" if fold(value) else "Give a tag, or none."

    def condition(self, clause: Clause, place: str) -> tuple[str, Values]:
        if clause.special:
            return ("a.tags = '{}'" if clause.special == NONE else "a.tags <> '{}'"), {}
        return f"a.tags @> ARRAY[%({place})s]::varchar[]", {place: fold(clause.value)}

    def passes(self, clause: Clause, person: Person) -> bool:
        if clause.special:
            return (not person.tags) == (clause.special == NONE)
        return fold(clause.value) in person.tags
