"""Keys made for a test, and the DNS that holds their records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from newsletter.delivery.dkim.keys import Key, read_keys
from newsletter.delivery.dkim.record import record_name, record_text

DOMAIN = "news.example.org"
Secret = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(bits: int = 2048) -> Secret:
    return rsa.generate_private_key(65537, bits)


def write_key(place: Path, secret: Secret, *, mode: int = 0o600) -> Path:
    place.touch(mode=0o600)
    place.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    place.chmod(mode)
    return place


def two_keys(folder: Path, domain: str = DOMAIN) -> tuple[Key, ...]:
    """One RSA and one Ed25519 key of a domain, read as the settings read them."""
    first = write_key(folder / "rsa.pem", rsa_key())
    second = write_key(folder / "ed.pem", ed25519.Ed25519PrivateKey.generate())
    return read_keys([f"r1@{domain}={first}", f"e1@{domain}={second}"])[domain]


def dns(keys: tuple[Key, ...]) -> Callable[..., bytes | None]:
    records = {f"{record_name(key)}.".encode(): record_text(key).encode() for key in keys}

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        return records.get(name)

    return look_up


def verified(octets: bytes, keys: tuple[Key, ...]) -> list[bool]:
    """Whether each signature in a message holds, by dkimpy."""
    look_up = dns(keys)
    seen = dkim.DKIM(octets, minkey=2048)
    number = sum(1 for name, _ in seen.headers if name.lower() == b"dkim-signature")
    return [_holds(octets, index, look_up) for index in range(number)]


def _holds(octets: bytes, index: int, look_up: Callable[..., bytes | None]) -> bool:
    try:
        return bool(dkim.DKIM(octets).verify(index, dnsfunc=look_up))
    except dkim.ValidationError:
        return False
