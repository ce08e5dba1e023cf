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
    since: datetime | None = None
    confirmed_by: str
    waiting: list[WaitingIssue]


class ConfirmIn(Schema):
    waiting: Waiting = Field(description="send what waits, or doubt: put it in doubt because some may have been sent")


class Confirmed(Schema):
    in_doubt: int
