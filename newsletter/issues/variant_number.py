"""What people and programs call a variant: a number from 1, which is what everybody may see and is stored as ""."""

from __future__ import annotations

EVERYBODY = "1"


def variant_number(stored: str) -> str:
    """Return the number of a variant that is stored as ``stored``."""
    return stored or EVERYBODY


def stored_variant(number: str) -> str:
    """Return how the variant of a number is stored; no number means what everybody may see."""
    return "" if number == EVERYBODY else number
