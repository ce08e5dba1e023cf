"""Whether a reader pays."""

from __future__ import annotations

from newsletter.expressions.fold import fold
from newsletter.expressions.tree import ANY, Clause
from newsletter.readers.facet import Person, Values

PLANS = ("plain", "paid")


class Plan:
    """``plan:paid`` or ``plan:plain``; every reader has one of the two."""

    operators = (":",)

    def complaint(self, operator: str, value: str) -> str:
        return "" if fold(value) in PLANS else "Write plan:paid or plan:plain."

    def condition(self, clause: Clause, place: str) -> tuple[str, Values]:
        if clause.special:
            return ("true" if clause.special == ANY else "false"), {}
        return f"a.plan = %({place})s", {place: fold(clause.value)}

    def passes(self, clause: Clause, person: Person) -> bool:
        return clause.special == ANY if clause.special else person.plan == fold(clause.value)
