"""Acts on an issue, and what can be seen while it is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema


class ActIn(Schema):
    """What is to be done to an issue; the fields beside ``act`` belong to one act each."""

    act: Literal["send", "pull_back", "pause", "resume", "cancel", "resend", "extend", "correct"]
    cool_off: str = Field("", description="send: wait so long, as in 10m", examples=["10m"])
    expires: str = Field("", description="send: what still waits then is not sent any more", examples=["24h"])
    spread: str = Field("", description="send: let it go out over this long", examples=["30m"])
    version: int | None = Field(None, description="send: the version that was looked at")
    reason: str = Field("", max_length=300, description="pause: shown to everybody who looks")
    article: int | None = Field(None, ge=1, lt=2**63, description="correct: only who got this article")


class ActDone(Schema):
    issue: int
    newsletter: str
    state: str
    deliveries: int | None = Field(None, description="resend, extend: how many copies more will go out")
    correction: int | None = Field(None, description="correct: the number of the correction")


class RelayShape(Schema):
    """A relay, how it stands, and what it may take and took today (UTC)."""

    code: str
    transport: str
    address: str
    login: bool = Field(description="whether it has name and password in the environment")
    state: str = Field(description="ready, aside, full (for today) or off")
    priority: int
    weight: int
    rate: str
    connections: int
    per_connection: int
    cap_today: int | None
    used_today: int | None
    words: str = Field(description="why it is set aside")
    since: datetime | None
    next_try_at: datetime | None


class PaceShape(Schema):
    """A recipient domain that is limited or slowed down."""

    domain: str
    rate: str
    slowed_to: float | None = Field(None, description="messages a second it gets now")
    since: datetime | None = None
    words: str = Field("", description="what its relays said")


class RelayList(Schema):
    relays: list[RelayShape]
    pace: list[PaceShape]


class StatusShape(Schema):
    """Where a sending stands."""

    issue: int
    state: str
    counts: dict[str, int]
    excluded: dict[str, int]
    rate: float | None = Field(description="accepted a second")
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    elapsed_seconds: float
    pause_reason: str = Field(description="a person's words, or the relay's own")
    spread_seconds: float | None = Field(description="the window it goes out over")
    resting: int = Field(description="chunks of which nothing may go for a while")
    relays: list[RelayShape]
    pace: list[PaceShape]


class DeliveryRow(Schema):
    """One issue to one reader; ``reply`` is the relay's last word, in its own words."""

    address: str
    variant: str = Field(description="which rendering it is, by number")
    state: str
    reason: str
    attempts: int
    code: int | None
    reply: str
    message_id: str


class DeliveryList(Schema):
    deliveries: list[DeliveryRow]
    next: str | None = None


class LetterRow(Schema):
    """A mail that is not an issue; ``reply`` is the relay's last word, in its own words."""

    letter: int
    kind: str = Field(description="confirmation, proof, ...")
    address: str
    state: str
    attempts: int
    reply: str
    written_at: datetime
    finished_at: datetime | None


class LetterList(Schema):
    letters: list[LetterRow]
    next: str | None = None


class HistoryRow(Schema):
    at: datetime
    by: str
    act: str
    detail: dict[str, Any]


class HistoryList(Schema):
    history: list[HistoryRow]
    next: str | None = None
