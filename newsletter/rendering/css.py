"""CSS as rules and declarations, and what in it cannot be read. Nothing is validated, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_PIECE = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\)|[{};]|[^{};\"'(]+|.", re.DOTALL
)
_DECLARATION = re.compile(r"\s*(--[\w-]+|[*_]?-?[A-Za-z][\w-]*)\s*:\s*(.+?)\s*\Z", re.DOTALL)
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One property (lower case) with its value."""

    name: str
    value: str
    important: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Declarations under a selector; ``inside`` are the @-rules around it, the outermost first."""

    selector: str
    declarations: tuple[Declaration, ...]
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Css:
    """What a style sheet holds: its rules, its @-rules with those around them, and what cannot be read."""

    rules: tuple[Rule, ...]
    at_rules: tuple[tuple[str, ...], ...]
    problems: tuple[str, ...]


@lru_cache(maxsize=64)
def read_css(text: str) -> Css:
    """Return what a style sheet holds; what cannot be read is told and passed over."""
    return _Reader(text).read()


@lru_cache(maxsize=4096)
def declarations(style: str) -> tuple[tuple[Declaration, ...], tuple[str, ...]]:
    """Return the declarations of a style attribute, and what in it cannot be read."""
    pieces: list[str] = [""]
    for piece in _PIECE.findall(_COMMENT.sub(" ", style)):
        if piece == ";":
            pieces.append("")
        else:
            pieces[-1] += piece
    read = [_declaration(piece) for piece in pieces if piece.strip()]
    return tuple(one for one in read if isinstance(one, Declaration)), tuple(
        one for one in read if isinstance(one, str)
    )


class _Reader:
    """One pass over one style sheet."""

    def __init__(self, text: str) -> None:
        self._pieces = _PIECE.findall(_COMMENT.sub(" ", text))
        self._open: list[str] = []
        self._found: list[list[Declaration]] = []  # of each block that is open
        self._rules: list[Rule] = []
        self._at_rules: list[tuple[str, ...]] = []
        self._problems: list[str] = []

    def read(self) -> Css:
        waiting = ""
        for piece in self._pieces:
            if piece == "{":
                self._enter(" ".join(waiting.split()))
            elif piece == "}":
                self._take(waiting)
                self._leave()
            elif piece == ";":
                self._take(waiting)
            else:
                if piece in ('"', "'", "("):
                    self._problems.append(f"{piece} is not closed")
                waiting += piece
                continue
            waiting = ""
        self._take(waiting)
        self._problems += [f"{name[:40]} {{ is not closed" for name in self._open]
        while self._open:
            self._leave()
        return Css(tuple(self._rules), tuple(self._at_rules), tuple(dict.fromkeys(self._problems)))

    def _enter(self, name: str) -> None:
        if not name:
            self._problems.append("{ without a selector")
        if name.startswith("@"):
            self._at_rules.append((*(one for one in self._open if one.startswith("@")), name))
        self._open.append(name)
        self._found.append([])

    def _leave(self) -> None:
        if not self._open:
            self._problems.append("} closes nothing")
            return
        name, found = self._open.pop(), self._found.pop()
        if not name.startswith("@"):
            inside = tuple(one for one in self._open if one.startswith("@"))
            self._rules.append(Rule(name, tuple(found), inside))

    def _take(self, text: str) -> None:
        text = text.strip()
        if not text:
            return
        if text.startswith("@"):
            self._at_rules.append((*(one for one in self._open if one.startswith("@")), text))
            return
        read = _declaration(text) if self._open else f"{text[:40]} stands outside a rule"
        if isinstance(read, str):
            self._problems.append(read)
        else:
            self._found[-1].append(read)


def _declaration(text: str) -> Declaration | str:
    found = _DECLARATION.fullmatch(text)
    if found is None:
        return f"{' '.join(text.split())[:40]} is no declaration"
    value = _IMPORTANT.sub("", found[2])
    return Declaration(found[1].lower(), value, value != found[2])


def properties(css: Css) -> Iterator[Declaration]:
    """Yield every declaration of every rule."""
    for rule in css.rules:
        yield from rule.declarations
