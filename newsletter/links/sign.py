"""Signed, keyed tokens: what they name cannot be guessed or changed, and needs no table.

A token is base64url of: key id (one byte), the ids as varints, a MAC of 128 bits over kind, key id and ids. The key
comes from the ring ``LINK_KEYS``: the first one signs, all are read, so a link in old mail outlives a change of keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from binascii import b2a_base64
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings

from newsletter.errors import Invalid

MAC_BYTES = 16  # 128 bits
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
KINDS = {
    "unsubscribe": b"u",
    "preferences": b"p",
    "view": b"v",
    "confirm": b"c",
    "click": b"k",
    "review": b"r",
}


def make(kind: str, *ids: int) -> str:
    """Return the token of ``kind`` that names ``ids``: letters, digits, ``-`` and ``_``, about 30 characters."""
    return maker(kind)(*ids)


def maker(kind: str, *last: int) -> Callable[..., str]:
    """Return ``make`` for one kind with the key that signs now: for those who make a token for every reader.

    ``last`` are the ids that end every one of the tokens.
    """
    number, secret = next(iter(settings.LINK_KEYS.items()))
    first, end, blank = bytes((number,)), b"".join(map(_varint, last)), _blank(kind, secret)

    def make_one(*ids: int) -> str:
        body = first + b"".join(map(_varint, ids)) + end
        mac = blank.copy()
        mac.update(body)
        return b2a_base64(body + mac.digest(), newline=False).translate(_URL_SAFE).rstrip(b"=").decode()

    return make_one


def read(kind: str, token: str) -> tuple[int, ...]:
    """Return the ids a token of ``kind`` names; raises ``Invalid`` unless we made it, for this kind, unchanged."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise _broken() from None
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    canonical = base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == token
    secret = settings.LINK_KEYS.get(body[0]) if body else None
    if not canonical or secret is None or not hmac.compare_digest(mac, _mac(kind, body, secret)):
        raise _broken()
    return tuple(_numbers(body[1:]))


def _broken() -> Invalid:
    return Invalid(
        "This link is not one of ours, or it is cut.", where="link", fix="Copy the whole link from the mail."
    )


def _mac(kind: str, body: bytes, secret: str) -> bytes:
    mac = _blank(kind, secret).copy()
    mac.update(body)
    return mac.digest()


@lru_cache(maxsize=256)
def _blank(kind: str, secret: str) -> hashlib.blake2b:
    """Return the keyed hash with nothing but the kind in it yet."""
    key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"links").digest()
    return hashlib.blake2b(KINDS[kind], digest_size=MAC_BYTES, key=key)


def _varint(number: int) -> bytes:
    """Return a number of at least 0 in 7-bit groups, the last group without its high bit."""
    if 0 <= number < 128:
        return bytes((number,))
    if number < 0:
        raise ValueError(number)
    groups = bytearray()
    while number >= 128:
        groups.append(128 | number & 127)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _numbers(body: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in body:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
    return numbers
