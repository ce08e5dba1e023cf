"""An answer in words for a terminal: facts as lines, lists as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wcwidth import wcswidth

from newsletter.spell import spelled

WIDEST = 60  # columns of one cell of a table; its last column and single facts are told in full


def present(answer: Mapping[str, Any]) -> str:
    """Return ``answer`` as text: scalars first, then every list of rows as a table under its name."""
    facts = {key: value for key, value in answer.items() if not isinstance(value, list | dict)}
    lines = [f"{_words(key)}: {_cell(value)}" for key, value in facts.items() if value not in (None, "")]
    for key, value in answer.items():
        if isinstance(value, dict) and value:
            lines += [
                "",
                f"{_words(key)}:",
                *[f"  {_words(name)}: {_cell(what)}" for name, what in value.items()],
            ]
        elif isinstance(value, list) and value:
            lines += ["", f"{_words(key)} ({len(value)}):", *_table(value)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(rows: list[Any]) -> list[str]:
    if not all(isinstance(row, Mapping) for row in rows):
        return [f"  {_cell(row)}" for row in rows]
    columns = [key for key in rows[0] if any(row.get(key) not in (None, "", [], {}) for row in rows)]
    cells = [[*(_cut(_cell(row.get(one))) for one in columns[:-1]), _cell(row.get(columns[-1]))] for row in rows]
    widths = [max(_width(_words(name)), *(_width(line[at]) for line in cells)) for at, name in enumerate(columns)]
    head = "  " + "  ".join(_pad(_words(name), width) for name, width in zip(columns, widths, strict=True))
    body = ["  " + "  ".join(_pad(cell, width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return [line.rstrip() for line in [head, *body]]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        text = ", ".join(f"{key} {what}" for key, what in value.items())
    elif isinstance(value, list | tuple):
        text = "; ".join(_cell(part) for part in value)
    else:
        text = "" if value is None else str(value)
    return spelled(" ".join(text.split()))


def _cut(text: str) -> str:
    while _width(text) > WIDEST:
        text = text[:-2].rstrip() + "…"
    return text


def _words(key: str) -> str:
    return key.replace("_", " ")


def _width(text: str) -> int:
    return max(wcswidth(text), 0)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
