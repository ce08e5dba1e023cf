"""One message on its way to a provider, and what can become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.delivery.transport import Envelope, Reply


@dataclass(frozen=True, slots=True)
class Untouched:
    """The provider surely did not take it: it may go again. ``ours`` says that it takes nothing from us at all."""

    words: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody knows whether the provider has it (RFC 1047 holds for HTTP as well)."""

    words: str


@dataclass(frozen=True, slots=True)
class Alone:
    """The call did nothing for any of its messages: this one is to have a call of its own."""


Fate = Reply | Untouched | Lost
Verdict = Fate | Alone


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """An envelope, its message as dot-stuffed octets (``Written`` where it is known from what), and who is told."""

    envelope: Envelope
    octets: bytes
    tell: Callable[[Fate], None]

    @property
    def address(self) -> str:
        """Return the recipient as providers are told it: the domain in IDNA."""
        return self.envelope.recipient.decode()
