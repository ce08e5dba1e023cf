"""What the doctor says, held against the table of the docs: fault by fault, between backticks."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone

from newsletter.management import health
from newsletter.management.health import PARTS, Part

TABLE = (Path(__file__).parents[2] / "docs" / "reference" / "doctor.md").read_text()


def look(name: str) -> Part:
    """Examine one part."""
    return health._examined(name, PARTS[name], timezone.now())


def is_told(fault: str, words: str, *, happens: str = "") -> bool:
    """Whether a row of the table names the fault (and what ``happens``), and holds the words between backticks."""
    rows = [line for line in TABLE.splitlines() if line.startswith("|") and fault in line.split("|")[1].split()]
    return any(told in words for row in rows if happens in row.split("|")[2] for told in row.split("`")[1::2])


def check(fault: str, name: str, *, ok: bool = False) -> None:
    """Hold that a part is as well as told and says what a row of the fault has."""
    part = look(name)
    assert part.ok is ok, part.detail
    assert is_told(fault, part.detail), f"{fault} is not in the table like this: {part.detail}"
