"""Carry a single message through a channel, waiting: for letters, where there are few."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from newsletter.delivery.transport import RCPT, SESSION, Answered, Channel, Down, Envelope, Offered, Reply, Up

NO_UTF8 = Reply(553, "5.6.7", "5.6.7 the relay does not take addresses in this script (SMTPUTF8)")


def submit(
    channel: Channel, envelope: Envelope, content: Callable[[], bytes], intend: Callable[[], bool]
) -> Answered | Down | None:
    """Offer, record the intent, hand over; returns the relay's last word, or None when ``intend`` said no.

    ``intend`` must have committed when it returns True. The channel must be fresh or free.
    """
    while True:
        for happening in _next(channel):
            if isinstance(happening, Up):
                if envelope.utf8 and not channel.offers_utf8:
                    return Answered(envelope, RCPT, NO_UTF8)
                channel.offer(envelope)
            elif isinstance(happening, Offered):
                if not intend():
                    channel.give_up("the letter must not go")
                    return None
                channel.send(content(), None)
            else:
                return happening


def _next(channel: Channel) -> list[Up | Offered | Answered | Down]:
    """Wait for the channel's next happenings, or its end when the other side does not move."""
    if channel.fileno() < 0:
        return channel.handle(readable=True, writable=True)
    left = channel.deadline() - time.monotonic()
    if left <= 0:
        return channel.give_up("the relay did not answer in time") or [Down(SESSION, "closed")]
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN | (select.POLLOUT if channel.wants_write() else 0))
    ready = poll.poll(min(left, 1.0) * 1000)
    if not ready:
        return []
    mask = ready[0][1]
    return channel.handle(readable=bool(mask & ~select.POLLOUT), writable=bool(mask & select.POLLOUT))
