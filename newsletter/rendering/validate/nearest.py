"""The known name that is probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return "Did you mean X?" for the known name closest to ``name``, or ``otherwise`` when none is near."""
    close = get_close_matches(name.lower()[:60], list(known), 1, 0.7)
    return f"Did you mean {close[0]}?" if close else otherwise
