"""Slots: what differs between readers, as opaque tokens that survive every place of a template.

A token holds letters, digits and ``_`` only, and a nonce of its issue, so that nothing an author wrote can be one.
Each slot says in which context it stands and is escaped for that context when it is filled.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from newsletter.rendering.words import RTL, direction, words

CONTEXTS = ("text", "attribute", "url", "plain", "subject", "header")
_LINK = frozenset(("text", "attribute", "url", "plain"))
_WORDS = frozenset(CONTEXTS)
SLOTS: Mapping[str, frozenset[str]] = MappingProxyType(  # every slot and the contexts it may stand in
    {
        "unsubscribe": _LINK,
        "preferences": _LINK,
        "view": _LINK,
        "name": _WORDS,
        "address": _WORDS,
        "greeting": _WORDS - {"url"},
    }
)
NAMES = tuple(SLOTS)
LINKS = frozenset(("unsubscribe", "preferences", "view"))
LONGEST_IN_SUBJECT = 80  # characters of one value
ANY_TOKEN = re.compile(rf"zq\w*?_(?:{'|'.join(CONTEXTS)})_\w*?_qz")
_SAFE_IN_LINK = "!#$%&'()*+,/:;=?@[]~"
_LINK_SCHEME = re.compile(r"(?i)https?://[^/]|mailto:[^/]")
_CLEAN_LINK = re.compile(  # nothing to quote, nothing to escape: nearly all of ours
    r"(?:https?://[A-Za-z0-9]|mailto:[A-Za-z0-9])[A-Za-z0-9:/._~=+-]*"
)
_AS_IS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .,:/_@+-]{0,72}[A-Za-z0-9_-])?\Z").match
_AS_IS_LINK = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9:/._~+-]{0,60}\Z").match
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to fill: which value, escaped for which context, its fallback in which language.

    ``otherwise`` is a fallback of an editor's own; None takes the standing one of the language.
    """

    name: str
    context: str
    language: str = ""
    otherwise: str | None = None


def token(slot: Slot, nonce: str) -> str:
    """Return the token that stands for ``slot`` in the rendering with this nonce."""
    name = f"{slot.name}_{slot.language}" if slot.language else slot.name
    own = "" if slot.otherwise is None else f"_0{slot.otherwise.encode().hex()}"
    return f"zq{nonce}_{slot.context}_{name}{own}_qz"


def split(text: str, nonce: str) -> list[str | Slot]:
    """Return ``text`` as fixed parts and slots, in order, without empty parts."""
    pattern = re.compile(
        rf"zq{re.escape(nonce)}_({'|'.join(CONTEXTS)})_([a-z]+)(?:_([a-z]{{2,3}}))?(?:_0((?:[0-9a-f]{{2}})*))?_qz"
    )
    parts: list[str | Slot] = []
    end = 0
    for found in pattern.finditer(text):
        parts.append(text[end : found.start()])
        own = None if found[4] is None else bytes.fromhex(found[4]).decode("utf-8", "replace")
        parts.append(Slot(found[2], found[1], found[3] or "", own))
        end = found.end()
    parts.append(text[end:])
    return [part for part in parts if part != ""]


def fill(slot: Slot, values: Mapping[str, str]) -> str:
    """Return the value of a slot, escaped for its context; a missing value is the slot's fallback.

    Control characters and direction marks are taken out, so that a value is one line of readable text. A link that
    is no https, http or mailto address is left empty.
    """
    value = _readable(values.get(slot.name) or "") or _fallback(slot, values)
    context = slot.context
    if context == "url":
        return _in_url(slot.name, value)
    if slot.name == "name" and slot.language in RTL:
        value = f"{_ISOLATE}{value}{_END_OF_ISOLATE}" if value else ""
    if context in ("text", "attribute"):
        return html.escape(value)
    if context == "subject" and len(value) > LONGEST_IN_SUBJECT:
        return value[: LONGEST_IN_SUBJECT - 1].rstrip() + "…"
    return value


def as_is(slot: Slot) -> Callable[[str], object]:
    """Return what is true of values that ``fill`` leaves as they are and quoted-printable as well: most of them.

    It may be false of others of that kind; those cost more to fill, no more than that.
    """
    if slot.context == "url":
        return _AS_IS_LINK if slot.name in LINKS else _never
    return _never if slot.name not in ("name", "address", *LINKS) or slot.language in RTL else _AS_IS


def _never(_value: str) -> None:
    return None


def fill_all(text: str, nonce: str, values: Mapping[str, str]) -> str:
    """Return a whole rendered text with its slots filled."""
    return "".join(part if isinstance(part, str) else fill(part, values) for part in split(text, nonce))


def _in_url(name: str, value: str) -> str:
    """Return a whole address as it is, anything else as one part of an address that cannot end it."""
    if name not in LINKS:
        return quote(value, safe="")
    if _CLEAN_LINK.fullmatch(value):
        return value
    return html.escape(quote(value, safe=_SAFE_IN_LINK)) if _LINK_SCHEME.match(value) else ""


def _readable(value: str) -> str:
    return (value if value.isascii() and value.isprintable() else _UNREADABLE.sub(" ", value)).strip()


def _fallback(slot: Slot, values: Mapping[str, str]) -> str:
    """Return what stands where a reader gave nothing: an editor's own words, else those of the language.

    A greeting is made of the name, or does without one.
    """
    name = _readable(values.get("name") or "") if slot.name == "greeting" else ""
    if slot.otherwise is not None and not name:
        return _readable(slot.otherwise)
    if slot.name == "name":
        return words(slot.language)["reader"] if slot.language else ""
    if slot.name != "greeting":
        return ""
    wording = words(slot.language or "en")
    if not name:
        return wording["greeting_unnamed"]
    rtl = direction(slot.language) == "rtl"
    return wording["greeting"].replace("{name}", f"{_ISOLATE}{name}{_END_OF_ISOLATE}" if rtl else name)


DEAD: Mapping[str, str] = MappingProxyType({"name": "Reader", "address": "reader@example.org"})
"""What stands in previews, proofs and archives; the door adds the addresses that say so and do nothing."""
