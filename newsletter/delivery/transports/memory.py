"""Keeps every message in this process: for tests and for looking."""

from __future__ import annotations

from newsletter.delivery.instant import InstantChannel
from newsletter.delivery.transport import Channel, Envelope, Reply

_ACCEPTED = Reply(250, "2.0.0", "2.0.0 kept in memory")


class Memory:
    """``messages`` holds (recipient, octets) of what was accepted."""

    name = "memory"
    most = 4

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bytes]] = []

    def ready(self) -> bool:
        """Return whether a channel can be opened at once: always."""
        return True

    def open(self) -> Channel:
        """Return a channel that accepts everything."""
        return InstantChannel(self._keep)

    def _keep(self, envelope: Envelope, message: bytes) -> Reply:
        self.messages.append((envelope.recipient, message))
        return _ACCEPTED
