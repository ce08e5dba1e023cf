"""The return path of every message (VERP): tells which delivery a bounce is about and cannot be made up.

Local parts may be lower-cased or relayed through old software, so everything is lower-case letters and digits.
"""

from __future__ import annotations

import hmac
import re
from functools import cache
from hashlib import blake2s

from django.conf import settings

from newsletter.errors import Invalid

_SHAPE = re.compile(r"b-([dl])([0-9a-z]+)-([0-9a-f]{20})\Z")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]


def return_path(kind: str, number: int, domain: str) -> bytes:
    """Return the envelope sender of delivery (``d``) or letter (``l``) ``number`` at the bounce domain."""
    return f"b-{kind}{_base36(number)}-{_mac(kind, number, settings.SECRET_KEY)}@{domain}".encode()


def read_return_path(address: str) -> tuple[str, int]:
    """Return (kind, number) of a return path of ours; raises ``Invalid`` for any other."""
    found = _SHAPE.match(address.rpartition("@")[0].lower())
    if found:
        kind, number = found[1], int(found[2], 36)
        if any(hmac.compare_digest(_mac(kind, number, key), found[3]) for key in _keys()):
            return kind, number
    raise Invalid("This is no return path of ours.", code="bad_return_path", where="address")


def _keys() -> list[str]:
    """Return the secrets whose return paths are read: ours, and those of before, for mail that is out."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _mac(kind: str, number: int, secret: str) -> str:
    mac = _blank(kind, secret).copy()
    mac.update(b"%d" % number)
    return mac.hexdigest()


@cache
def _blank(kind: str, secret: str) -> blake2s:
    """Return the keyed hash with nothing but the kind in it yet: a key costs more than a number."""
    key = blake2s(secret.encode(), person=b"returnpa").digest()
    return blake2s(kind.encode(), key=key, digest_size=10)


def _base36(number: int) -> str:
    digits = ""
    while number >= len(_PAIRS):
        number, rest = divmod(number, len(_PAIRS))
        digits = _PAIRS[rest] + digits
    return (_PAIRS[number] + digits).lstrip("0") or "0"
