"""Addresses, normalised once: one form in every table, one reader per address."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.conf import settings
from email_validator import EmailNotValidError, validate_email

from newsletter.errors import Invalid

LONGEST = 320


def normalise(address: str) -> str:
    """Return the one form of an address: NFC, domain in lower-case ASCII, local part in lower case.

    Raises ``Invalid`` for anything that is not exactly one plain address (quoted local parts, comments, addresses in
    brackets, line breaks). Nothing is looked up.
    """
    if len(address) > LONGEST:
        raise _no("It is too long.")
    try:
        seen = validate_email(
            address.strip(" \t\u00a0\u200b\ufeff"),
            check_deliverability=False,
            test_environment=True,
            strict=True,
        )
    except EmailNotValidError as error:
        raise _no(str(error)) from None
    return f"{seen.local_part.lower()}@{seen.ascii_domain.lower()}"


def address_hash(address: str) -> bytes:
    """Return the keyed hash (32 bytes) of a normalised address; suppression keeps only this."""
    return hashlib.blake2b(address.encode(), digest_size=32, key=_key(settings.ADDRESS_KEY)).digest()


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"addresses").digest()


def _no(reason: str) -> Invalid:
    return Invalid(f"This is no mail address: {reason}", code="address", where="address", fix="Give one plain address.")
