"""The DNS record by which everybody can check a key's signatures (RFC 6376 3.6.1, RFC 8463 4)."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.delivery.dkim.keys import Key

STRING_LETTERS = 255  # of one string in a TXT record


def record_name(key: Key) -> str:
    """Return the name the record stands under."""
    return f"{key.selector}._domainkey.{key.domain}"


def record_text(key: Key) -> str:
    """Return the record's text in one piece."""
    public = key.secret.public_key()
    if isinstance(key.secret, RSAPrivateKey):
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={key.algorithm}; p={base64.b64encode(octets).decode()}"


def zone_line(key: Key) -> str:
    """Return the record as a line of a zone file, its text in strings that fit."""
    text = record_text(key)
    strings = [text[start : start + STRING_LETTERS] for start in range(0, len(text), STRING_LETTERS)]
    return f"{record_name(key)}. IN TXT " + " ".join(f'"{string}"' for string in strings)
