"""A channel for transports that take a whole message in one call: its happenings are there at once."""

from __future__ import annotations

import math
from collections.abc import Callable

from newsletter.delivery.transport import ANSWER, Answered, Envelope, Happening, Offered, Reply, Up

Take = Callable[[Envelope, bytes], Reply]


class InstantChannel:
    """Answers every offer with ``Offered`` and every content with what ``take`` returns.

    ``take`` gets the message as CRLF octets without dot-stuffing and returns an SMTP-like reply.
    """

    offers_utf8 = True

    def __init__(self, take: Take) -> None:
        self._take = take
        self._happenings: list[Happening] = [Up()]
        self._offered: Envelope | None = None

    def fileno(self) -> int:
        return -1

    def wants_write(self) -> bool:
        return False

    def deadline(self) -> float:
        return math.inf

    def offer(self, envelope: Envelope) -> None:
        self._offered = envelope
        self._happenings.append(Offered(envelope))

    def send(self, content: bytes, then: Envelope | None) -> None:
        envelope = self._offered
        if envelope is None:
            raise RuntimeError("content without an offer")
        reply = self._take(envelope, content.replace(b"\r\n..", b"\r\n."))
        self._happenings.append(Answered(envelope, ANSWER, reply))
        self._offered = None
        if then is None:
            self._happenings.append(Up())
        else:
            self.offer(then)

    def handle(self, *, readable: bool, writable: bool) -> list[Happening]:
        happenings, self._happenings = self._happenings, []
        return happenings

    def give_up(self, words: str) -> list[Happening]:
        return []

    def leave(self) -> None:
        """Nothing to close."""
