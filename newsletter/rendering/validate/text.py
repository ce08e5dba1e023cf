"""Text between tags and in values: no control characters, no unknown references; styles import nothing."""

from __future__ import annotations

import re
from html.entities import html5

NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
REFERENCE = re.compile(r"&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
IMPORT = re.compile(r"@(?:import\b|[\w-]*\\)", re.IGNORECASE)  # also written with escapes: @\\69mport
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def reference_fault(text: str) -> str:
    """Return what is wrong with the character references in ``text``, or ""."""
    if "&" not in text:
        return ""
    for found in REFERENCE.finditer(text):
        name = found[1]
        if name.startswith("#"):
            if not _is_text(int(name[2:], 16) if name[1] in "xX" else int(name[1:][:9])) or name[1] == "X":
                return f"&{name[:20]}; is no character."
        elif name not in _XML_NAMES and f"{name};" not in html5:
            return f"&{name[:20]}; is no name of a character."
    return ""


def _is_text(sign: int) -> bool:
    return sign in (9, 10, 13) or (32 <= sign < 0x110000 and not NO_TEXT.match(chr(sign)))
