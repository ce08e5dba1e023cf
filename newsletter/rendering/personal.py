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

from newsletter.rendering.words import direction, words

CONTEXTS = ("text", "attribute", "url", "plain", "header")
NAMES = ("unsubscribe", "preferences", "view", "name", "address", "greeting")
ANY_TOKEN = re.compile(rf"zq\w*_(?:{'|'.join(CONTEXTS)})_\w*_qz")
_SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"
_CLEAN_URL = re.compile(r"[A-Za-z0-9:/._~=+-]*")  # nothing to quote, nothing to escape: nearly all of ours
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to fill: which value, escaped for which context, its fallback in which language."""

    name: str
    context: str
    language: str = ""


def token(slot: Slot, nonce: str) -> str:
    """Return the token that stands for ``slot`` in the rendering with this nonce."""
    name = f"{slot.name}_{slot.language}" if slot.language else slot.name
    return f"zq{nonce}_{slot.context}_{name}_qz"


def split(text: str, nonce: str) -> list[str | Slot]:
    """Return ``text`` as fixed parts and slots, in order, without empty parts."""
    pattern = re.compile(rf"zq{re.escape(nonce)}_({'|'.join(CONTEXTS)})_([a-z]+)(?:_([a-z]{{2,3}}))?_qz")
    parts: list[str | Slot] = []
    end = 0
    for found in pattern.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(Slot(found[2], found[1], found[3] or ""))
        end = found.end()
    parts.append(text[end:])
    return [part for part in parts if part != ""]


def fill(slot: Slot, values: Mapping[str, str]) -> str:
    """Return the value of a slot, escaped for its context; a missing value is the slot's fallback.

    Control characters and direction marks are taken out, so that a value is one line of readable text.
    """
    value = _readable(values.get(slot.name) or "") or _fallback(slot, values)
    if slot.context in ("text", "attribute"):
        return html.escape(value)
    if slot.context == "url":
        return value if _CLEAN_URL.fullmatch(value) else html.escape(quote(value, safe=_SAFE_IN_URL))
    return value


def fill_all(text: str, nonce: str, values: Mapping[str, str]) -> str:
    """Return a whole rendered text with its slots filled."""
    return "".join(part if isinstance(part, str) else fill(part, values) for part in split(text, nonce))


def _readable(value: str) -> str:
    return (value if value.isascii() and value.isprintable() else _UNREADABLE.sub(" ", value)).strip()


def _fallback(slot: Slot, values: Mapping[str, str]) -> str:
    """Return what stands where a reader gave nothing: a greeting is made of the name, or does without one."""
    if slot.name != "greeting":
        return ""
    wording = words(slot.language or "en")
    name = _readable(values.get("name") or "")
    if not name:
        return wording["greeting_unnamed"]
    rtl = direction(slot.language) == "rtl"
    return wording["greeting"].replace("{name}", f"{_ISOLATE}{name}{_END_OF_ISOLATE}" if rtl else name)


DEAD: Mapping[str, str] = MappingProxyType({"name": "Reader", "address": "reader@example.org"})
"""What stands in previews, proofs and archives; the door adds the addresses that say so and do nothing."""
