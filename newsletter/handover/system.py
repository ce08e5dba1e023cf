"""What a system that sends for us promises: to hold one draft of an issue, and to fill in its own personal tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from newsletter.rendering.personal import Slot

Place = Literal["html", "text", "subject"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One issue in the words and tags of the system. ``mark`` is like no other draft's and finds it again."""

    mark: str
    title: str
    subject: str
    preheader: str
    html: str
    text: str
    from_name: str
    from_address: str
    reply_to: str
    audience: str  # what the system calls its list


@dataclass(frozen=True, slots=True)
class Remote:
    """A draft as the system has it; ``open`` is false once it was scheduled or sent there."""

    id: str
    address: str  # where people look at it, "" when the system does not say
    open: bool


class Tags(Protocol):
    """How a system writes what differs between readers; needs no settings."""

    def literal(self, text: str, place: Place) -> str:
        """Return text that is no tag so that the system takes nothing in it for one."""
        ...

    def tag(self, slot: Slot, place: Place) -> str:
        """Return what the system replaces with the reader's own value."""
        ...


class System(Tags, Protocol):
    """One plug: its tags and its four calls.

    Calls raise ``Refused`` (the key, the request), ``Unavailable`` (try later) and, when nobody can know whether
    a draft was made, ``OutcomeUnknown``.
    """

    @property
    def name(self) -> str:
        """The name it is registered under."""
        ...

    def look(self, remote_id: str) -> Remote | None:
        """Return the draft, None when the system has it no more."""
        ...

    def find(self, draft: Draft) -> Remote | None:
        """Return the draft with this mark, None when there is none."""
        ...

    def create(self, draft: Draft) -> Remote:
        """Make the draft."""
        ...

    def update(self, remote: Remote, draft: Draft) -> Remote:
        """Give an open draft this content."""
        ...
