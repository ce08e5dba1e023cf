"""MJML source as tags and text with their places; broken markup becomes a problem, never an exception."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# fmt: off
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
# fmt: on
# Every alternative begins differently and none gives back what it took, so a source is read once, whatever it holds.
_TOKEN = re.compile(
    r"(?P<comment><!--(?:.*?-->|.*\Z))"
    r"|(?P<data><!\[CDATA\[(?:.*?\]\]>|.*\Z))"
    r"|(?P<notice><[!?][^>]*+>?)"
    r"|</(?P<close>[A-Za-z_][\w:.-]*+)\s*+>"
    r"|<(?P<open>[A-Za-z_][\w:.-]*+)(?P<rest>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
    r"|(?P<broken><)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(\s*+)(?:([^\s=\"'/]++)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s\"']*+))?+|([/=\"']))")


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name`` as written, its value (None: none is given) without quotes, and where both begin."""

    name: str
    value: str | None
    quoted: bool
    offset: int


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is open, empty (opened and closed at once), close, text, css, data, notice, or broken."""

    kind: str
    name: str
    offset: int
    attributes: tuple[Attribute, ...] = ()


def scan(source: str) -> Iterator[Token]:
    """Yield what ``source`` holds, in order; text and css tokens carry their text as name; ends after "broken"."""
    end = 0
    while found := _TOKEN.search(source, end):
        if found.start() > end:
            yield Token("text", source[end : found.start()], end)
        end = found.end()
        kind = found.lastgroup or ""
        if kind == "rest":
            name, rest = found["open"], found["rest"]
            closed = rest.endswith("/") or name.lower() in VOID
            attributes = tuple(_attributes(rest, found.start("rest"))) if rest else ()
            yield Token("empty" if closed else "open", name, found.start(), attributes)
            if name == "mj-style" and not closed and (close := source.find("</mj-style", end)) > end:
                yield Token("css", source[end:close], end)
                end = close
        elif kind == "close":
            yield Token("close", found["close"], found.start())
        elif kind == "comment":
            if not found[0].endswith("-->"):
                yield Token("broken", "comment", found.start())
        elif kind == "data":
            yield Token("data" if found[0].endswith("]]>") else "broken", "CDATA section", found.start())
        else:
            yield Token(kind, found[0], found.start())
            if kind == "broken":
                return
    if end < len(source):
        yield Token("text", source[end:], end)


def once(source: str) -> str:
    """Return ``source`` without attributes that their tag has already: as in npm mjml and in HTML the first counts."""
    kept: list[str] = []
    end = 0
    for token in scan(source):
        seen: set[str] = set()
        for one in token.attributes:
            if one.name in seen and (found := _ATTRIBUTE.match(source, one.offset)):
                kept.append(source[end : one.offset])
                end = found.end()
            seen.add(one.name)
    return "".join([*kept, source[end:]])


def _attributes(rest: str, base: int) -> Iterator[Attribute]:
    """Yield the attributes of one tag; the first that is no attribute is the last, its ``quoted`` is False."""
    for found in _ATTRIBUTE.finditer(rest):
        blank, name, value, other = found.groups()
        if other == "/" and found.end() == len(rest):
            return
        offset = base + found.start() + len(blank)
        if other is not None:
            yield Attribute(other, None, False, offset)
            return
        quoted = bool(blank) and value is not None and value[:1] in ("'", '"')
        yield Attribute(name, value[1:-1] if quoted and value is not None else value, quoted, offset)
        if not quoted:
            return
