"""The CSS that a template's author wrote, apart from what the compiler adds."""

from __future__ import annotations

import re
from html import unescape

_STYLE = re.compile(r"<(mj-style|style)\b[^>]*>(.*?)</\1", re.DOTALL)
_ATTRIBUTE = re.compile(r"""<[A-Za-z][^<>]*?\sstyle\s*=\s*("[^"]*"|'[^']*')""")


def author_css(source: str) -> str:
    """Return the styles of an MJML source: its style elements, and each style attribute as a rule for ``x``."""
    styles = [unescape(found[2]) for found in _STYLE.finditer(source)]
    attributes = dict.fromkeys(unescape(value[1:-1]) for value in _ATTRIBUTE.findall(source))
    return "\n".join([*styles, *(f"x {{ {value} }}" for value in attributes)])
