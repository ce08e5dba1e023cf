"""What a deliverer holds: chunks that are its own, and the jobs in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from newsletter.delivery.ledger import Row
from newsletter.delivery.pace.rate import Limit
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


@dataclass(frozen=True, slots=True)
class Terms:
    """How an issue goes out: on which relay ("" = any), and no faster than ``limit`` (a spread window)."""

    relay: str = ""
    limit: Limit | None = None


ANY = Terms()


@dataclass(slots=True)
class Work:
    """One claimed chunk. ``open`` counts its rows without a recorded end; at zero it is released."""

    chunk: int
    issue: int
    writer: Writer
    open: int
    abandoned: bool = False  # paused, cancelled or taken away: what waits goes back
    terms: Terms = ANY
    since: float = 0.0  # monotonic second of the claim
    rest_seconds: int = 0  # for how long nobody needs to claim what goes back
    urgent: bool = False  # it goes before what was in hand; while it lasts no other such chunk is claimed


@dataclass(slots=True)
class Job:
    """One delivery on its way through this deliverer."""

    row: Row
    work: Work
    envelope: Envelope = UNWRITTEN
    content: bytes = b""
    offer: int = 0  # its place among all offers of this deliverer
