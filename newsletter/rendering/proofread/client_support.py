"""27 · What the template's CSS uses is known to the mail clients most readers have (data of Can I email)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from newsletter.rendering.css import properties, read_css
from newsletter.rendering.finding import Finding, Sheet

_TABLE = json.loads((Path(__file__).parents[1] / "client_support.json").read_text(encoding="utf-8"))
CLIENTS: dict[str, str] = _TABLE["clients"]
WITHOUT: dict[str, list[str]] = _TABLE["properties"]  # property -> the clients that do not know it
HARMLESS = frozenset(["color-scheme"])  # rule 17 asks for it; whoever does not know it shows the light colors


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look up every property of the template's own CSS."""
    used = dict.fromkeys(one.name for one in properties(read_css(sheet.author_css)))
    for name in used:
        if (missing := WITHOUT.get(name)) and name not in HARMLESS:
            who = ", ".join(CLIENTS[client] for client in missing)
            fix = f"Not in {who}; see that the mail is whole without it, or do it another way."
            yield Finding("client_support", "W", f"CSS {name}", fix)
