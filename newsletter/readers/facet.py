"""What a facet of readers is: one question a group asks, answered by SQL and by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from newsletter.expressions.tree import Clause

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """What groups can ask of a reader. ``language`` is a tag, ``plan`` plain or paid; "" is not known."""

    language: str = ""
    center: str = ""
    plan: str = "plain"
    tags: tuple[str, ...] = ()


class ReaderFacet(Protocol):
    """One plug of the socket; the contract test holds both answers to each other."""

    @property
    def operators(self) -> tuple[str, ...]: ...

    def complaint(self, operator: str, value: str) -> str:
        """Return why this value cannot be read, "" when it can."""
        ...

    def condition(self, clause: Clause, place: str) -> tuple[str, Values]:
        """Return SQL over the columns language, center, plan and tags of ``a``, never NULL, and its values.

        Every value is named ``place``, or begins so.
        """
        ...

    def passes(self, clause: Clause, person: Person) -> bool:
        """Return the same for one reader in memory."""
        ...
