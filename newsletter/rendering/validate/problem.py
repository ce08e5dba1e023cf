"""What is wrong with an MJML source, and where."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault (level E: the source is not compiled) or warning (W) with line and column, both from 1, and the fix."""

    line: int
    column: int
    tag: str
    message: str
    fix: str
    level: str = "E"


class Lines:
    """Turns offsets into line and column."""

    __slots__ = ("_starts",)

    def __init__(self, source: str) -> None:
        self._starts = [0]
        place = source.find("\n")
        while place >= 0:
            self._starts.append(place + 1)
            place = source.find("\n", place + 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Return line and column of ``offset``, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
