"""Digests of an invented newsroom in several languages, small enough to read and hard enough to break templates."""

from __future__ import annotations

from newsletter.rendering.digest import Digest
from newsletter.rendering.sample import sample

NONCE = "0123456789abcdef"


def english(number: int = 10, *, images: int = 5) -> Digest:
    """A weekly with ``number`` articles, the first ``images`` of them with pictures."""
    return sample("en", items=number, images=images)


def arabic() -> Digest:
    """A weekly from right to left, with Latin names and digits inside."""
    return sample("ar", items=5, images=2)


def chinese() -> Digest:
    """A weekly without spaces between words."""
    return sample("zh", items=5, images=2)
