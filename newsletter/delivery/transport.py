"""What a transport is: something that opens channels, each taking one message at a time in two steps.

A message is *offered* (envelope only); once the channel says ``Offered`` the deliverer records its intent, and only
then hands over the content. That is what makes "at most one in doubt a connection" possible on every transport.

What is made for every message is a named tuple: as unchangeable as a frozen dataclass, made in a third of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

MAIL, RCPT, DATA, ANSWER = "mail", "rcpt", "data", "answer"
OUT_OF_STEP = 503  # "bad sequence of commands": it is about the session, never about a recipient
SESSION = "session"  # before any envelope: connecting, greeting, TLS, logging in


class Envelope(NamedTuple):
    """Who a message goes to and where its bounces go; ``key`` is the deliverer's own number for it."""

    key: int
    sender: bytes
    recipient: bytes
    utf8: bool = False  # the recipient needs SMTPUTF8


class Reply(NamedTuple):
    """What the relay said: code, enhanced code ("" without) and its words, already bounded."""

    code: int
    enhanced: str
    words: str


@dataclass(frozen=True, slots=True)
class Up:
    """The channel is free: offer it an envelope."""


class Offered(NamedTuple):
    """The relay wants the content of this envelope; nothing of it has been written yet."""

    envelope: Envelope


class Answered(NamedTuple):
    """The relay's last word on an envelope: about the recipient (MAIL, RCPT, DATA) or the content (ANSWER)."""

    envelope: Envelope
    phase: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Down:
    """The channel is gone. ``unanswered`` was handed over without an answer; ``reply`` is what the relay said.

    ``returned`` was handed over and surely not taken: it may go again. ``waits`` says that the other side asked for a
    pause; the channel did not break.
    """

    phase: str
    words: str
    unanswered: Envelope | None = None
    reply: Reply | None = None
    returned: Envelope | None = None
    waits: bool = False


Happening = Up | Offered | Answered | Down


class Channel(Protocol):
    """One way to the relay, driven by events; nothing in it blocks."""

    @property
    def offers_utf8(self) -> bool:
        """Return whether the relay takes SMTPUTF8 (RFC 6531)."""
        ...

    def fileno(self) -> int:
        """Return the descriptor to wait on, or -1: then ``handle`` always has its happenings at once."""
        ...

    def wants_write(self) -> bool:
        """Return whether octets wait to be written."""
        ...

    def deadline(self) -> float:
        """Return the monotonic second by which the other side must have moved."""
        ...

    def offer(self, envelope: Envelope) -> None:
        """Offer an envelope; only when ``Up`` was the last word."""
        ...

    def send(self, content: bytes, then: Envelope | None) -> None:
        """Hand over the content of the envelope that was ``Offered``, and offer the next one behind it."""
        ...

    def handle(self, *, readable: bool, writable: bool) -> list[Happening]:
        """Move octets and return what happened. After ``Down`` the channel is closed."""
        ...

    def give_up(self, words: str) -> list[Happening]:
        """Close at once, in whatever phase, and return what that means for the envelopes."""
        ...

    def leave(self) -> None:
        """Close politely; only when nothing is under way."""
        ...


class Transport(Protocol):
    """A plug that opens channels."""

    name: str

    @property
    def most(self) -> int:
        """Return how many channels at once make sense just now."""
        ...

    def ready(self) -> bool:
        """Return whether ``open`` would return at once; ask again until it says so."""
        ...

    def open(self) -> Channel:
        """Return a new channel; it reports ``Up`` when it is ready, ``Down`` when it will not be."""
        ...
