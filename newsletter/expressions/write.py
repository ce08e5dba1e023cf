"""Tree to text: the one canonical form, which parses to the same tree."""

from __future__ import annotations

import re

from newsletter.expressions.parse import KEYWORDS
from newsletter.expressions.tree import ANY, NONE, And, Clause, Node, Not, Or

_BARE = re.compile(r"""[^\s()<>:"“”\\]+""")


def write(node: Node) -> str:
    """Return ``node`` as text with no more brackets and quotes than needed."""
    match node:
        case Clause():
            return _clause(node)
        case Not(inner):
            return f"not {_inside(inner, And, Or)}"
        case And(nodes):
            return " and ".join(_inside(part, And, Or) for part in nodes)
        case Or(nodes):
            return " or ".join(_inside(part, Or) for part in nodes)


def _inside(node: Node, *bracketed: type) -> str:
    return f"({write(node)})" if isinstance(node, bracketed) else write(node)


def _clause(clause: Clause) -> str:
    value = clause.special or quoted(clause.value)
    return f"{clause.facet}:{value}" if clause.operator == ":" else f"{clause.facet} {clause.operator} {value}"


def quoted(value: str) -> str:
    """Return a value as it stands in an expression, in quotes when it needs them."""
    if _BARE.fullmatch(value) and value.lower() not in (NONE, ANY, *KEYWORDS):
        return value
    return '"' + re.sub(r'(["“”\\])', r"\\\1", value) + '"'
