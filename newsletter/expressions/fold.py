"""The form in which values are compared: case, accents, quotes, dashes and invisible signs do not matter."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼʹ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys(
            "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u0640"
        ),
    }
)
_MARKS = frozenset(map(chr, [*range(0x300, 0x370), *range(0x64B, 0x653), 0x670]))


@lru_cache(maxsize=1 << 16)
def fold(value: str) -> str:
    """Return ``value`` folded; folding twice changes nothing more.

    Latin, Greek and Cyrillic accents and Arabic vowel signs are dropped; signs that make letters elsewhere stay.
    """
    folded = _once(value)
    while (again := _once(folded)) != folded:
        folded = again
    return folded


def _once(value: str) -> str:
    apart = unicodedata.normalize("NFKD", value).translate(_SAME)
    bare = "".join(sign for sign in apart if sign not in _MARKS)
    return unicodedata.normalize("NFC", " ".join(bare.casefold().split()))
