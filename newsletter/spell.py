"""Words of others, as a screen may be given them: what a terminal obeys or what turns the reading order is spelled out.

Letters of every script stay. Escaping for HTML is another matter and is done by the templates.
"""

from __future__ import annotations

import re

_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def spelled(text: str, *, but: str = "") -> str:
    """Return ``text`` with control signs and embeddings, overrides and isolates (UAX 9) as \\x1b or \\u202e.

    Signs in ``but`` stay: the line breaks of a text that is ours.
    """
    return _OBEYED.sub(lambda found: found[0] if found[0] in but else _code(found[0]), text)


def spelled_json(line: str) -> str:
    """Return a line of JSON with the same signs escaped as JSON does it, so that it still says the same."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def _code(sign: str) -> str:
    return f"\\x{ord(sign):02x}" if ord(sign) < 0x100 else f"\\u{ord(sign):04x}"
