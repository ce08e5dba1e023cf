"""Names of records within one answer: the source's own where they tell records apart, else made of what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from newsletter.ingest.read_object import bounded, text_in

Namer = Callable[[str, Mapping[str, Any]], str]


def keys_of() -> Namer:
    """Return a function (own name, object) -> key for the records of one answer.

    A name that is missing, or that a record before had too, is made of address and title, so that it stays the same
    in whatever order the records come.
    """
    seen: set[str] = set()

    def key_of(own: str, value: Mapping[str, Any]) -> str:
        key = bounded(own.strip()) or bounded(text_in(value.get("url")).strip()) or _made(value)
        if key in seen:
            key = f"{key[:400]}#{_made(value)}"
        count, plain = 1, key
        while key in seen:  # the very same record once more
            count += 1
            key = f"{plain}-{count}"
        seen.add(key)
        return key

    return key_of


def _made(value: Mapping[str, Any]) -> str:
    said = "\n".join(text_in(value.get(name)) for name in ("url", "title", "published", "teaser"))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
