"""The relay's address, read from ``smtp://user:password@host:port?tls=none|starttls|implicit``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from newsletter.delivery.conversation import Login
from newsletter.errors import Invalid

TLS_WAYS = ("none", "starttls", "implicit")


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over, and how. ``answer_seconds`` bounds the wait for the answer to a whole message."""

    host: str
    port: int
    tls: str = "none"
    login: Login | None = None
    connect_seconds: float = 30.0
    command_seconds: float = 120.0
    answer_seconds: float = 600.0  # RFC 5321 4.5.3.2.6

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
    tls = options.pop("tls", "none")
    if parts.scheme != "smtp" or not parts.hostname:
        raise _bad("it begins with smtp:// and names a host")
    if tls not in TLS_WAYS or options:
        raise _bad(f"tls is one of {', '.join(TLS_WAYS)}; there is no other option")
    login = Login(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Relay(parts.hostname, port or {"implicit": 465, "starttls": 587}.get(tls, 25), tls, login)


def _bad(why: str) -> Invalid:
    return Invalid(
        f"NEWSLETTER_SMTP_URL cannot be read: {why}.",
        where="NEWSLETTER_SMTP_URL",
        fix="Write it like smtp://user:password@relay.example.org:587?tls=starttls.",
    )
