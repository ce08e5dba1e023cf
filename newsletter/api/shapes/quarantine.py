"""Refused records and odd articles, and what sets them right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema


class OddRow(Schema):
    """Something odd in an article, and what would set it right."""

    article: int
    title: str
    code: str
    field: str
    value: str
    words: str
    suggestion: str
    proposal: list[str] | None


class OddList(Schema):
    odd: list[OddRow]
    next: str | None = None


class FixIn(Schema):
    """What sets a record right: its address, its title, or its whole text corrected."""

    url: str = ""
    title: str = ""
    text: str = ""


class Fixed(Schema):
    """What became of a record that was read again."""

    new: int
    updated: int
    unchanged: int
    quarantined: list[dict[str, Any]]


class QuarantineRow(Schema):
    id: int
    source: str
    key: str
    reason: str
    message: str
    position: str
    url: str
    first_seen_at: datetime
    seen_at: datetime
    field: str = Field(description="what is wrong")
    value: str = Field(description="what stands there")
    fix: str = Field(description="what sets it right")


class QuarantineList(Schema):
    records: list[QuarantineRow]
    next: str | None = None


class Line(Schema):
    """A line of a refused text; ``here`` is the place that was refused."""

    line: int
    text: str
    here: bool


class RefusedShape(QuarantineRow):
    """One refused record with its text."""

    form: str
    text: str
    lines: list[Line]


class DiscardIn(Schema):
    reason: str = Field(max_length=500)


class Discarded(Schema):
    id: int
    discarded_at: datetime
    discarded_by: str


class OddCounts(Schema):
    counts: dict[str, int] = Field(description="code -> how many")
    whole: bool = Field(description="false: codes the database cannot decide are counted in the newest 2,000 only")


class SetIn(Schema):
    """The field and its whole new value; a text takes one."""

    field: str
    values: list[str]


class SetDone(SetIn):
    article: int


class SettleIn(Schema):
    """The code and the value of the oddity, as the doctor tells them."""

    code: str
    value: str = ""


class SettleDone(SettleIn):
    article: int
