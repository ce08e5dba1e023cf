"""21 · Nothing of the workshop is left: template syntax, unknown slots, escapes gone wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt
from newsletter.rendering.personal import NAMES, Slot, split

_LEFT = re.compile(r"\{\{|\}\}|\{%|%\}|\\u\{[0-9a-f]+\}|zq[0-9a-f]{8,}_\w*|zstyle[0-9a-f]*n?\d+z")
_IN_ATTRIBUTE = re.compile(r'="[^"]*\\n[^"]*"')


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for leftovers in everything that goes out, slots filled."""
    written = json.dumps(sheet.digest.as_dict(), ensure_ascii=False)
    for place, text in (("subject", sheet.subject), ("HTML part", sheet.html), ("text part", sheet.text)):
        for part in split(text, sheet.nonce):
            if isinstance(part, Slot) and part.name not in NAMES:
                yield Finding(
                    "leftovers",
                    "E",
                    f"{place}: slot {part.name}",
                    "There is no such slot; use one of the names that exist.",
                )
        filled = sheet.longest(text)
        for found in dict.fromkeys(found[0] for found in _LEFT.finditer(filled)):
            if found in written:
                continue  # an article may write about braces
            yield Finding("leftovers", "E", f"{place}: {excerpt(found)}", "Remove it, or correct the template.")
    if _IN_ATTRIBUTE.search(sheet.html) and "\\\\n" not in written:
        yield Finding("leftovers", "E", "HTML part", "An attribute holds a literal \\n.")
