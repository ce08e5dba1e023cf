"""The form in which values are compared: case, accents, quotes, dashes and invisible signs do not matter.

Migration 0022 writes what the database holds in this form anew; whoever changes the form brings such a migration.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = [
    *map(chr, (0xAD, 0x61C, 0x640, 0x180E, 0xFEFF)),  # 0x640 stretches Arabic words and means nothing
    *map(chr, range(0x200B, 0x2010)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2060, 0x2070)),
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xFFF9, 0xFFFC)),
]
_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼʹ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys(_INVISIBLE),
    }
)
_ALEFS = re.compile("[\u0627\u0671][\u0653-\u0655]*")  # with hamza, madda or wasla: as often written without
_MARKS = frozenset(map(chr, [*range(0x300, 0x370), *range(0x64B, 0x653), 0x670]))


@lru_cache(maxsize=1 << 16)
def fold(value: str) -> str:
    """Return ``value`` folded; folding twice changes nothing more.

    Latin, Greek and Cyrillic accents and Arabic vowel signs are dropped, and every alef is one; signs that make letters
    elsewhere stay.
    """
    return unicodedata.normalize("NFC", _ALEFS.sub("\u0627", unicodedata.normalize("NFD", folded_as_ever(value))))


@lru_cache(maxsize=1 << 16)
def folded_as_ever(value: str) -> str:
    """Return ``value`` folded but for the forms of alef: what articles are known by, which no release may change."""
    folded = _once(value)
    while (again := _once(folded)) != folded:
        folded = again
    return folded


def _once(value: str) -> str:
    apart = unicodedata.normalize("NFKD", value).translate(_SAME)
    bare = "".join(sign for sign in apart if sign not in _MARKS)
    return unicodedata.normalize("NFC", " ".join(bare.casefold().split()))
