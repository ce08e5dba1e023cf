"""Slots as editors write them: ``[[name]]``, or ``[[name|friend]]`` with what stands there without a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from newsletter.rendering.personal import LINKS, NAMES, SLOTS, Slot, token

LONGEST_FALLBACK = 60  # characters
WRITTEN = tuple(name for name in NAMES if name not in LINKS)  # addresses stand in the templates
_SLOT = re.compile(r"\[\[\s*([^\[\]|\n]*?)\s*(?:\|\s*([^\[\]\n]*?)\s*)?\]\]")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A slot that cannot be filled, as it was written, and what to do."""

    written: str
    fix: str


def insert(text: str, context: str, *, nonce: str, language: str) -> str:
    """Return ``text`` with every slot of an editor as its token; what is no slot stays as it is written."""

    def slot(found: re.Match[str]) -> str:
        if _complaint(found, context):
            return found[0]
        return token(Slot(found[1].lower(), context, language, found[2]), nonce)

    return _SLOT.sub(slot, text)


def wrong_slots(text: str, context: str) -> Iterator[Wrong]:
    """Yield what looks like a slot in ``text`` and is none."""
    for found in _SLOT.finditer(text):
        if complaint := _complaint(found, context):
            yield Wrong(found[0], complaint)
    if "[[" in _SLOT.sub("", text):
        yield Wrong("[[", "A slot is opened and not closed; write it like [[name|friend]].")


def _complaint(found: re.Match[str], context: str) -> str:
    name, otherwise = found[1].lower(), found[2] or ""
    if name not in WRITTEN:
        near = get_close_matches(name, WRITTEN, 1)
        return f"There is no such slot. Did you mean [[{near[0]}]]?" if near else f"Known slots: {', '.join(WRITTEN)}."
    if context not in SLOTS[name]:
        return f"{name} cannot stand here."
    if len(otherwise) > LONGEST_FALLBACK:
        return f"Shorten what stands behind the | to {LONGEST_FALLBACK} characters."
    return ""
