"""Slots: what differs between readers, as opaque tokens that survive every place of a template.

A token holds letters, digits and ``_`` only, and a nonce of its issue, so that nothing an author wrote can be one.
Each slot says in which context it stands and is escaped for that context when it is filled.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

CONTEXTS = ("text", "attribute", "url", "plain", "header")
NAMES = ("unsubscribe", "preferences", "view", "name", "address")
FALLBACKS: Mapping[str, str] = MappingProxyType({})
_SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to fill: which value, escaped for which context."""

    name: str
    context: str


def token(slot: Slot, nonce: str) -> str:
    """Return the token that stands for ``slot`` in the rendering with this nonce."""
    return f"zq{nonce}_{slot.context}_{slot.name}_qz"


def split(text: str, nonce: str) -> list[str | Slot]:
    """Return ``text`` as fixed parts and slots, in order, without empty parts."""
    pattern = re.compile(rf"zq{re.escape(nonce)}_({'|'.join(CONTEXTS)})_([a-z]+)_qz")
    parts: list[str | Slot] = []
    end = 0
    for found in pattern.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(Slot(found[2], found[1]))
        end = found.end()
    parts.append(text[end:])
    return [part for part in parts if part != ""]


def fill(slot: Slot, values: Mapping[str, str]) -> str:
    """Return the value of a slot, escaped for its context; a missing value is the slot's fallback."""
    value = values.get(slot.name) or FALLBACKS.get(slot.name, "")
    if slot.context in ("text", "attribute"):
        return html.escape(value)
    if slot.context == "url":
        return html.escape(quote(value, safe=_SAFE_IN_URL))
    return value


DEAD: Mapping[str, str] = MappingProxyType({"name": "Reader", "address": "reader@example.org"})
