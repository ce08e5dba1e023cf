"""What a deliverer holds: chunks that are its own, and the jobs in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from newsletter.delivery.ledger import Row
from newsletter.delivery.transport import Envelope

UNWRITTEN = Envelope(0, b"", b"")


class Writer(Protocol):
    """Turns the rows of one issue into envelopes and octets."""

    def envelope(self, row: Row) -> Envelope:
        """Return who it goes to; raises ``Invalid`` for an address no relay can take."""
        ...

    def content(self, row: Row) -> bytes:
        """Return the dot-stuffed message."""
        ...


@dataclass(slots=True)
class Work:
    """One claimed chunk. ``open`` counts its rows without a recorded end; at zero it is released."""

    chunk: int
    issue: int
    writer: Writer
    open: int
    abandoned: bool = False  # paused, cancelled or taken away: what waits goes back


@dataclass(slots=True)
class Job:
    """One delivery on its way through this deliverer."""

    row: Row
    work: Work
    envelope: Envelope = UNWRITTEN
    content: bytes = b""
