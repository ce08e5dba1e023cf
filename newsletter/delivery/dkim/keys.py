"""Keys that mail is signed with, read from private files once, when the program starts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from newsletter.errors import Invalid

SETTING = "NEWSLETTER_DKIM_KEYS"
LEAST_RSA_BITS, MOST_RSA_BITS = 2048, 4096  # RFC 8301: verifiers need not take longer ones
MOST_OCTETS = 64 * 1024
_LABELS = re.compile(r"(?=.{1,200}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")
_PADDING, _PREHASHED = PKCS1v15(), Prehashed(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Key:
    """One key of one domain; ``domain`` and ``selector`` in lower case, the domain in IDNA."""

    domain: str
    selector: str
    secret: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """Return what the record calls it: rsa or ed25519."""
        return "rsa" if isinstance(self.secret, RSAPrivateKey) else "ed25519"

    def sign(self, digest: bytes) -> bytes:
        """Return the signature of a SHA-256 digest (RFC 6376 3.3.1; RFC 8463 3: Ed25519 signs the digest)."""
        if isinstance(self.secret, RSAPrivateKey):
            return self.secret.sign(digest, _PADDING, _PREHASHED)
        return self.secret.sign(digest)


def read_keys(entries: Sequence[str]) -> dict[str, tuple[Key, ...]]:
    """Return the keys of every domain from ``SELECTOR@DOMAIN=FILE``; raises ``Invalid`` naming entry and file."""
    ring: dict[str, tuple[Key, ...]] = {}
    for entry in entries:
        key = _read(entry)
        others = ring.get(key.domain, ())
        if any(other.selector == key.selector for other in others):
            raise _bad(entry, "stands there twice", "Give every selector of a domain once.")
        ring[key.domain] = (*others, key)
    return ring


def domain_of(address: str) -> str:
    """Return the domain of an address as keys are found by it; raises ``UnicodeError`` for an impossible one."""
    return address.rpartition("@")[2].lower().encode("idna").decode("ascii")


def _read(entry: str) -> Key:
    who, sign, file = entry.partition("=")
    selector, at, domain = who.lower().partition("@")
    try:
        domain = domain_of(domain)
    except UnicodeError:
        domain = ""
    if not (sign and at and file and _LABELS.match(selector) and _LABELS.match(domain) and "." in domain):
        raise _bad(entry, "cannot be read", "Write it like news2027@example.org=/etc/newsletter/news2027.pem.")
    return Key(domain, selector, _secret(entry, Path(file)))


def _secret(entry: str, place: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        if not place.is_file() or place.stat().st_size > MOST_OCTETS:
            raise _bad(entry, "names no file of a key", "Name the PEM file of a private key.")
        if place.stat().st_mode & 0o077:
            raise _bad(entry, "names a file that others can read", f"Run `chmod 600 {place}`.")
        secret = load_pem_private_key(place.read_bytes(), password=None)
    except OSError as error:
        raise _bad(entry, f"names a file that cannot be read ({error.strerror})", "Let this user read it.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        fix = "Give a private key in PEM without a password, as `openssl genpkey` writes it."
        raise _bad(entry, "names a file that holds no such key", fix) from None
    if isinstance(secret, RSAPrivateKey) and not LEAST_RSA_BITS <= secret.key_size <= MOST_RSA_BITS:
        raise _bad(entry, f"names an RSA key of {secret.key_size} bits", "Make one of 2048 bits.")
    if not isinstance(secret, RSAPrivateKey | Ed25519PrivateKey):
        raise _bad(entry, "names a key that is neither RSA nor Ed25519", "Make one of these two.")
    return secret


def _bad(entry: str, why: str, fix: str) -> Invalid:
    return Invalid(f"{SETTING}: {entry!r} {why}.", where=SETTING, fix=fix)
