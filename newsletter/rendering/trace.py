"""Which line of which template a line of MJML came from.

Only asked when something is wrong: the template is filled once more with a mark before every line of its own text,
and the marks before a place tell where it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment

BEGIN, MIDDLE, END = "\ufdd2", "\ufdd3", "\ufdd4"  # noncharacters, which no text of an issue holds
_MARK = re.compile(f"{BEGIN}([0-9]+){MIDDLE}([0-9]+){END}")
_ANY = re.compile(f"{BEGIN}[^{END}]*{END}")


class Marks(Extension):
    """Writes file and line before every line of a template's own text."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark each piece of text; a line that goes on in a later piece is marked again there."""
        name = int.from_bytes((stream.name or "").encode())  # digits pass through any filter of letters
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = token.value.split("\n")
            marked = [f"{BEGIN}{name}{MIDDLE}{token.lineno + ahead}{END}{line}" for ahead, line in enumerate(lines)]
            yield Token(token.lineno, "data", "\n".join(marked))


@lru_cache(maxsize=8)
def marking(environment: ImmutableSandboxedEnvironment) -> Environment:
    """Return an environment like ``environment`` whose templates tell where they were written."""
    return environment.overlay(extensions=[Marks], cache_size=50)


def origin(marked: str, source: str) -> Callable[[int, int], str]:
    """Return what names the template's file and line for line and column of ``source``, filled with marks once more.

    Where both fillings differ (a filter changed marked text) the words name the line of the MJML.
    """
    same = _ANY.sub("", marked) == source

    def place(line: int, column: int) -> str:
        found = _before(marked, line, column) if same else None
        return f"{found[0]}, line {found[1]}" if found else f"mjml, line {line}, column {column}"

    return place


def _before(marked: str, line: int, column: int) -> tuple[str, str] | None:
    """Return file and line of the last mark before a place."""
    lines = marked.split("\n")
    text, left = lines[line - 1], column - 1
    end = 0
    for found in _ANY.finditer(text):
        left -= found.start() - end
        if left < 0:
            break
        end = found.end()
    marks = _MARK.findall("\n".join(lines[: line - 1]) + "\n" + text[:end])
    return (_name(int(marks[-1][0])), marks[-1][1]) if marks else None


def _name(number: int) -> str:
    return number.to_bytes((number.bit_length() + 7) // 8).decode("utf-8", "replace")
