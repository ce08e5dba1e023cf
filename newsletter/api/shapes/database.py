"""Whether sending is held, and the word that lets it go on."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema

from newsletter.delivery.rewind import Waiting


class WaitingIssue(Schema):
    issue: int
    newsletter: str
    state: str


class StandingShape(Schema):
    """Whether sending is held, and the issues that would go out on a confirmation."""

    held: bool
    reason: str
    since: datetime | None = None
    confirmed_by: str
    waiting: list[WaitingIssue]


class HoldIn(Schema):
    reason: str = Field("", max_length=300, description="why, for the history of the issues under way")


class ConfirmIn(Schema):
    waiting: Waiting = Field(description="send what waits, or doubt: put it in doubt because some may have been sent")


class Confirmed(Schema):
    """Deliveries that became in doubt, and the issues that a person has to let go on: held, or paused."""

    in_doubt: int
    held: list[int]
