"""The relay's address, read from ``smtp://user:password@host:port?tls=WAY&ca=FILE``."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from newsletter.delivery.conversation import Login
from newsletter.errors import Invalid

TLS_WAYS = ("none", "opportunistic", "starttls", "implicit")
VERIFIED = ("starttls", "implicit")  # the ways on which nothing goes in clear, nor to anybody else


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over, and how. ``answer_seconds`` bounds the wait for the answer to a whole message."""

    host: str
    port: int
    tls: str = "none"
    login: Login | None = None
    ca: str = ""  # a PEM file of the only authorities to trust; "" = those of the system
    connect_seconds: float = 30.0
    command_seconds: float = 120.0
    answer_seconds: float = 600.0  # RFC 5321 4.5.3.2.6

    def __post_init__(self) -> None:
        """Refuse to show a password to whoever listens."""
        if self.login is not None and self.tls not in VERIFIED and not _is_here(self.host):
            raise _bad(f"a password goes to another host only with tls={' or tls='.join(VERIFIED)}")

    @property
    def name(self) -> str:
        """Return the relay as logs and attempts call it."""
        return f"{self.host}:{self.port}"


def read_relay(url: str) -> Relay:
    """Return the relay an address names; raises ``Invalid`` naming the setting."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise _bad("the port is no number") from None
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    tls, ca = options.pop("tls", "none"), options.pop("ca", "")
    if parts.scheme != "smtp" or not parts.hostname:
        raise _bad("it begins with smtp:// and names a host")
    if tls not in TLS_WAYS or options:
        raise _bad(f"tls is one of {', '.join(TLS_WAYS)}; the only other option is ca")
    if ca:
        _try_authorities(ca)
    login = Login(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Relay(parts.hostname, port or {"implicit": 465, "starttls": 587}.get(tls, 25), tls, login, ca)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _try_authorities(file: str) -> None:
    try:
        ssl.create_default_context(cafile=file)
    except OSError:  # also what OpenSSL cannot read
        raise _bad(f"ca={file} is no readable PEM file of certificates") from None


def _bad(why: str) -> Invalid:
    return Invalid(
        f"NEWSLETTER_SMTP_URL cannot be read: {why}.",
        where="NEWSLETTER_SMTP_URL",
        fix="Write it like smtp://user:password@relay.example.org:587?tls=starttls.",
    )
