"""Knock at the relay: connect, greet, secure and log in as a sending would, and mail nothing."""

from __future__ import annotations

import select
import time

from newsletter.delivery.conversation import AUTH, STARTTLS
from newsletter.delivery.transport import SESSION, Down, Transport, Up
from newsletter.errors import Unavailable

PATIENCE_SECONDS = 5.0


def knock(transport: Transport, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Raise ``Unavailable`` in plain words, with the relay's own, when it would not take mail from us now."""
    down = _knock(transport, seconds)
    if down is not None:
        what, fix = _plain(down)
        raise Unavailable(f"{what}: {down.words}." if down.words else f"{what}.", where=transport.name, fix=fix)


def _knock(transport: Transport, seconds: float) -> Down | None:
    end = time.monotonic() + seconds
    while not transport.ready():
        if time.monotonic() > end:
            return Down(SESSION, f"the relay's name does not resolve: no answer in {seconds:.0f} seconds")
        time.sleep(0.02)
    channel, poll = transport.open(), select.poll()
    while True:
        if channel.fileno() >= 0 and time.monotonic() < end:
            poll.register(channel.fileno(), select.POLLIN | (select.POLLOUT if channel.wants_write() else 0))
            ready = poll.poll(100)
            poll.unregister(channel.fileno())
            if not ready:
                continue
        elif channel.fileno() >= 0:
            channel.give_up("")
            return Down(SESSION, f"no answer in {seconds:.0f} seconds")
        for happening in channel.handle(readable=True, writable=True):
            if isinstance(happening, Up):
                channel.leave()
                return None
            if isinstance(happening, Down):
                return happening


def _plain(down: Down) -> tuple[str, str]:
    """Return what is wrong and what to do; nothing is lost meanwhile, what waits goes on by itself."""
    code = down.reply.code if down.reply else 0
    if "does not resolve" in down.words:
        return "The relay's name cannot be looked up (DNS)", "Check the name in NEWSLETTER_SMTP_URL and the resolver."
    if down.words.startswith("no connection"):
        return "The relay is away", "Is it running, and may we reach it? Sending waits and goes on by itself."
    if "TLS" in down.words or down.phase == STARTTLS:
        return (
            "The connection to the relay cannot be secured (TLS)",
            "Renew or trust its certificate and use the name that stands in it; nothing goes out in clear.",
        )
    if down.phase == AUTH:
        return "The relay does not let us log in", "Check user and password in NEWSLETTER_SMTP_URL."
    if code == 421:
        return "The relay is busy or shutting down", "Sending waits and goes on by itself."
    if code >= 500:
        return "The relay wants no mail from us", "Ask whoever runs it; its words say why."
    return "The relay does not answer as one", "Is it an SMTP server, and alive?"
