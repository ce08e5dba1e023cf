"""The way back: which values stand in the slots of a text that was sent."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from newsletter.rendering.personal import Slot, fill, split

LONGEST_VALUE = 2000
_SIGNS = {  # what a filled value can be made of, by context
    "text": r"[^<>\"\r\n]",
    "attribute": r"[^<>\"\r\n]",
    "url": r"[^<>\"'\s]",
    "plain": r"[^\r\n]",
    "header": r"[^\r\n]",
    "subject": r"[^\r\n]",
}


def unfill(rendered: str, nonce: str, filled: str) -> dict[Slot, str] | None:
    """Return the value of every slot of ``rendered`` as it stands in ``filled``, unescaped; None when it does not fit.

    The same slot has the same value everywhere, and every character outside the slots is compared.
    """
    pattern, slots = _pattern(split(rendered, nonce))
    found = pattern.fullmatch(filled)
    if found is None:
        return None
    return {slot: _plain(slot, found[name]) for slot, name in slots.items()}


def fits(rendered: str, nonce: str, filled: str, values: Mapping[str, str]) -> bool:
    """Return whether ``filled`` is exactly ``rendered`` with these values in its slots."""
    parts = split(rendered, nonce)
    return filled == "".join(part if isinstance(part, str) else fill(part, values) for part in parts)


def _pattern(parts: list[str | Slot]) -> tuple[re.Pattern[str], dict[Slot, str]]:
    names: dict[Slot, str] = {}
    written = []
    for part in parts:
        if isinstance(part, str):
            written.append(re.escape(part))
        elif part in names:
            written.append(f"(?P={names[part]})")
        else:
            names[part] = f"s{len(names)}"
            written.append(f"(?P<{names[part]}>{_SIGNS[part.context]}{{0,{LONGEST_VALUE}}}?)")
    return re.compile("".join(written)), names


def _plain(slot: Slot, value: str) -> str:
    return html.unescape(value) if slot.context in ("text", "attribute", "url") else value
