"""Text to tree. Every error names the place and what was probably meant.

expression = term, { "or", term } ;
term       = factor, { "and", factor } ;
factor     = "not", factor | "(", expression, ")" | clause ;
clause     = facet, ( ":" | "<" | "<=" | ">" | ">=" ), value ;
value      = '"', characters, '"' | word ;        (* unquoted: none, any *)
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from newsletter.errors import Invalid
from newsletter.expressions.tree import ANY, NONE, And, Clause, Node, Not, Or

LONGEST = 4000  # characters
DEEPEST = 40  # nested brackets and nots
KEYWORDS = ("and", "or", "not")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ELSEWHERE = re.compile(r"([^=!]+)(==?|!=)(.*)", re.DOTALL)  # as other languages compare
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<operator><=|>=|<|>|:)
    |(?P<quoted>["“”](?P<inner>(?:\\.|[^"“”\\])*)["“”])|(?P<unclosed>["“”].*)|(?P<word>[^\s()<>:"“”]+))""",
    re.VERBOSE | re.DOTALL,
)


class Vocabulary(Protocol):
    """What a facet tells the parser: which operators it takes and whether a value can be read."""

    @property
    def operators(self) -> tuple[str, ...]: ...

    def complaint(self, operator: str, value: str) -> str:
        """Return why this value cannot be read, "" when it can."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str, facets: Mapping[str, Vocabulary]) -> Node:
    """Return the tree of ``text``; raises ``Invalid`` with line, column and the nearest known word."""
    if len(text) > LONGEST:
        raise Invalid(f"The expression has {len(text)} characters.", where="expression", fix=f"Use at most {LONGEST}.")
    if unreadable := _UNREADABLE.search(text):
        raise wrong_at(text, unreadable.start(), "This is a sign nobody can read", "Remove it.")
    return _Parser(text, facets).whole()


class _Parser:
    def __init__(self, text: str, facets: Mapping[str, Vocabulary]) -> None:
        self.text, self.facets = text, facets
        self.tokens = self._tokens()
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        if self.tokens[0].kind == "end":
            raise self._wrong(self.tokens[0], "The expression is empty", "Write for example newsletter:ctw.")
        node = self._any_of()
        last = self._peek()
        if last.kind == "close":
            raise self._wrong(last, "This bracket was never opened", "Remove it or add ( before.")
        if last.kind != "end":
            raise self._astray(last)
        return node

    def _any_of(self) -> Node:
        nodes = [self._all_of()]
        while self._keyword("or"):
            nodes.append(self._all_of())
        return nodes[0] if len(nodes) == 1 else Or(tuple(_flat(nodes, Or)))

    def _all_of(self) -> Node:
        nodes = [self._factor()]
        while self._keyword("and"):
            nodes.append(self._factor())
        return nodes[0] if len(nodes) == 1 else And(tuple(_flat(nodes, And)))

    def _factor(self) -> Node:
        token = self._peek()
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._wrong(token, "Too many brackets stand inside each other", f"Use at most {DEEPEST}.")
        node = self._not_or_group_or_clause(token)
        self.depth -= 1
        return node

    def _not_or_group_or_clause(self, token: Token) -> Node:
        if self._keyword("not"):
            return Not(self._factor())
        if token.kind != "open":
            return self._clause()
        self.at += 1
        node = self._any_of()
        if self._peek().kind != "close":
            if self._peek().kind == "end":
                raise self._wrong(token, "This bracket is never closed", "Add ) where the group ends.")
            raise self._astray(self._peek())
        self.at += 1
        return node

    def _clause(self) -> Clause:
        name = self._peek()
        if name.kind == "end":
            raise self._wrong(name, "A condition is missing here", "Write for example topic:Energy.")
        if name.kind != "word" or name.text.lower() in KEYWORDS:
            raise self._wrong(name, f"A condition cannot start with {name.text!r}", "Write facet:value.")
        self.at += 1
        facet = self._facet(name)
        operator = self._peek()
        if operator.kind != "operator":
            raise self._wrong(operator, f"After {name.text} a : is missing", f"Write {name.text}:value.")
        self.at += 1
        value = self._peek()
        if value.kind not in ("word", "quoted"):
            fix = f"({facet}:one or {facet}:two)" if value.kind == "open" else f'{facet}:"a value"'
            raise self._wrong(value, f"{name.text}{operator.text} has no value", f"Write {fix}.")
        if value.kind == "word" and value.text.lower() in KEYWORDS:
            fix = f'Write a value, or {facet}:"{value.text}" if that is the value.'
            raise self._wrong(value, f"{name.text}{operator.text} has no value", fix)
        self.at += 1
        return self._checked(name, facet, operator, value)

    def _checked(self, name: Token, facet: str, operator: Token, value: Token) -> Clause:
        known = self.facets[facet]
        special = value.text.lower() if value.kind == "word" and value.text.lower() in (NONE, ANY) else ""
        if special and operator.text != ":":
            raise self._wrong(operator, f"{special} cannot be compared", f"Write {facet}:{special}.")
        if not special and operator.text not in known.operators:
            fix = "Use one of: " + " ".join(known.operators)
            raise self._wrong(operator, f"{facet} does not take {operator.text}", fix)
        complaint = "" if special else known.complaint(operator.text, value.text)
        if complaint:
            raise self._wrong(value, f"{value.text!r} will not do for {facet}", complaint)
        text = special or value.text
        return Clause(facet, operator.text, text, special, start=name.start, end=value.end)

    def _facet(self, name: Token) -> str:
        facet = name.text.lower()
        if found := _ELSEWHERE.fullmatch(name.text):
            no = "not " if found[2] == "!=" else ""
            raise self._wrong(name, f"{found[2]} is not understood", f"Write {no}{found[1]}:{found[3] or 'value'}.")
        if facet not in self.facets:
            near = difflib.get_close_matches(facet, self.facets, 1, 0.5)
            fix = f"Did you mean {near[0]}?" if near else "Known: " + ", ".join(sorted(self.facets)) + "."
            raise self._wrong(name, f"There is no facet {name.text!r}", fix)
        return facet

    def _astray(self, token: Token) -> Invalid:
        """Return the refusal of what stands behind a whole condition: most often a value that lacks its quotes."""
        before, behind = self.tokens[self.at - 1], self.tokens[self.at + 1 :]
        fix = "Put and, or, between two conditions."
        if token.kind == "operator" or (token.kind == "word" and not (behind and behind[0].kind == "operator")):
            whole = self.text[before.start : token.end].strip('"“”')
            fix += f' If it belongs to the value, write "{whole}" in quotes.'
        return self._wrong(token, f"{token.text!r} does not follow here", fix)

    def _keyword(self, word: str) -> bool:
        token = self._peek()
        found = token.kind == "word" and token.text.lower() == word
        self.at += found
        return found

    def _peek(self) -> Token:
        return self.tokens[self.at]

    def _tokens(self) -> list[Token]:
        tokens, at = [], 0
        while at < len(self.text.rstrip()):
            found = _TOKEN.match(self.text, at)
            assert found is not None  # every sign belongs to some token
            kind = next(name for name in ("open", "close", "operator", "quoted", "unclosed", "word") if found[name])
            token = Token(kind, found[kind], found.start(kind), found.end(kind))
            if kind == "unclosed":
                raise self._wrong(token, "This quotation mark is never closed", 'Add " where the value ends.')
            if kind == "quoted":
                token = Token(kind, re.sub(r"\\(.)", r"\1", found["inner"], flags=re.DOTALL), token.start, token.end)
            tokens.append(token)
            at = found.end()
        return [*tokens, Token("end", "", len(self.text), len(self.text))]

    def _wrong(self, token: Token, message: str, fix: str) -> Invalid:
        return wrong_at(self.text, token.start, message, fix)


def _flat(nodes: list[Node], kind: type[And] | type[Or]) -> Iterator[Node]:
    """Yield ``nodes`` with needless brackets gone: ``a and (b and c)`` is ``a and b and c``, which has one form."""
    for node in nodes:
        if isinstance(node, kind):
            yield from node.nodes
        else:
            yield node


def wrong_at(text: str, offset: int, message: str, fix: str) -> Invalid:
    """Return the refusal of what stands at ``offset``, told by line and column."""
    before = text[:offset]
    line, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
    return Invalid(f"{message}.", code="expression", where=f"line {line}, column {column}", fix=fix)
