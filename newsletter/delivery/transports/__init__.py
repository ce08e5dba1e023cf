"""The registry of transports: what ``NEWSLETTER_TRANSPORT`` may name."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from newsletter.delivery.relay import Relay, read_relay
from newsletter.delivery.transport import Transport
from newsletter.delivery.transports.anymail import Anymail
from newsletter.delivery.transports.file import Files
from newsletter.delivery.transports.memory import Memory
from newsletter.delivery.transports.smtp import Smtp
from newsletter.embedded import mailbox


def current_transport() -> Transport:
    """Return the transport of this environment; raises ``Invalid`` for a relay address that cannot be read."""
    return TRANSPORTS[settings.TRANSPORT]()


def _smtp() -> Transport:
    return Smtp(read_relay(settings.SMTP_URL) if settings.SMTP_URL else _catcher(), most=settings.CONNECTIONS)


def _catcher() -> Relay:
    """The built-in mail catcher of this home, started when it does not run."""
    catcher = mailbox.running(settings.HOME) or mailbox.start(settings.HOME)
    return Relay(catcher.smtp_host, catcher.smtp_port)


def _files() -> Transport:
    return Files(settings.HOME / "outgoing")


TRANSPORTS: dict[str, Callable[[], Transport]] = {
    "smtp": _smtp,
    "anymail": Anymail,
    "file": _files,
    "memory": Memory,
}
