"""Newsletters, back-tests and coverage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema
from pydantic import AwareDatetime


class NewsletterRow(Schema):
    code: str
    title: str
    language: str
    active: bool


class NewsletterList(Schema):
    newsletters: list[NewsletterRow]


class NewsletterShape(NewsletterRow):
    definition: str = Field(description="the TOML file that `newsletter load` takes")


class BackTestIn(Schema):
    """The section to change; what is not given stays as it is."""

    section: str = ""
    selector: str = ""
    limit: int | None = Field(None, ge=1, le=200)
    minimum: int | None = Field(None, ge=0, le=200)
    order: str = ""
    quota: dict[str, int] | None = None
    slots: int = Field(26, ge=1, le=520)
    at: AwareDatetime | None = None


class BackTested(Schema):
    """How past issues would differ."""

    newsletter: str
    section: str
    before: dict[str, Any]
    after: dict[str, Any]
    summary: dict[str, int]
    slots: list[dict[str, Any]]
    balance: dict[str, list[dict[str, Any]]]
    warnings: list[str]


class Covered(Schema):
    """What the newsletters cover in a period, and what they leave."""

    since: datetime
    until: datetime
    articles: int
    picked: int
    unpicked: list[dict[str, Any]]
    next: str | None
    empty_sections: list[dict[str, Any]]
    dead_selectors: list[dict[str, Any]]
    balance: dict[str, dict[str, list[dict[str, Any]]]]
