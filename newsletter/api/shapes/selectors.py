"""Selectors, and what may follow while one is written."""

from __future__ import annotations

from ninja import Field, Schema
from pydantic import AwareDatetime


class SelectorIn(Schema):
    expression: str = Field(examples=["newsletter:ctw and not type:pressRelease and age < 7d"])
    at: AwareDatetime | None = Field(None, description="the instant ages are measured against, default now")


class SelectIn(SelectorIn):
    limit: int = Field(50, ge=1, le=1000)
    after: str = ""


class OddPlace(Schema):
    start: int
    end: int
    message: str


class SelectorChecked(Schema):
    """A selector in its one form, how many articles it chooses, and what is odd in it."""

    selector: str
    articles: int
    more: bool = Field(description="there are more than 1,000")
    warnings: list[OddPlace]


class Offer(Schema):
    """Put ``insert`` in place of text[start:end]."""

    start: int
    end: int
    insert: str
    kind: str
    words: str
    count: int


class Offers(Schema):
    completions: list[Offer]
