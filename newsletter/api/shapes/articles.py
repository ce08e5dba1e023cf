"""Articles, what became of pushed ones, and why one is in or out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema


class ArticleShape(Schema):
    """One article; codes and names stand apart."""

    id: int
    title: str
    title_derived: bool
    teaser: str
    authors: list[str]
    byline: str
    type: str
    blog: str
    newsletters: list[str]
    center_codes: list[str]
    centers: list[str]
    primary_center: str
    program_codes: list[str]
    programs: list[str]
    projects: list[str]
    collections: list[str]
    regions: list[str]
    topics: list[str]
    language: str
    language_derived: bool
    published_at: date | None
    published_precision: str
    available_at: datetime
    url: str
    urls: list[str]
    originally_published_in: str
    image: int | None = Field(description="of the library, chosen by a person; null = the imported one")
    image_url: str
    image_credit: str
    overrides: dict[str, Any]
    weight: int
    withdrawn_at: datetime | None
    embargo_until: datetime | None
    renewed_at: datetime | None
    warnings: list[dict[str, Any]]


class ArticlePage(Schema):
    """Articles, newest first; ``next`` is the cursor of the next page."""

    articles: list[ArticleShape]
    next: str | None = None
    warnings: list[str] = Field(default_factory=list)


class Pushed(Schema):
    """What became of one pushed article."""

    key: str
    outcome: str = Field(description="new, updated, unchanged or quarantined")
    article: int | None = None
    major: bool | None = None
    fields: dict[str, Any] | None = Field(None, description="field -> {before, after, overridden}")
    reason: str | None = None
    message: str | None = None
    position: str | None = None
    withdrawn: bool | None = None
    sent_in: list[int] | None = Field(None, description="issues readers have it from already")
    embargo_until: datetime | None = None
    warnings: list[str] | None = None


class PushAnswer(Schema):
    """What became of a push, in sum and one by one in the order given."""

    new: int
    updated: int
    unchanged: int
    quarantined: int
    articles: list[Pushed]


class ClauseShape(Schema):
    """One clause held against one article; ``not`` belongs to it."""

    clause: str
    seen: list[str]
    passed: bool
    spared: bool = Field(description="it failed, but an alternative to it holds")
    overridden: bool
    words: str


class SectionExplained(Schema):
    section: str
    verdict: bool
    excluder: str
    nearest_miss: str
    clauses: list[ClauseShape]


class Explained(Schema):
    """Why an article is in or out of the next issue of a newsletter."""

    newsletter: str
    slot: datetime | None
    article: int
    title: str
    verdict: str = Field(description="in or out")
    section: str
    reason: str
    words: str
    nearest_miss: str
    clauses: list[ClauseShape]
    sections: list[SectionExplained]
