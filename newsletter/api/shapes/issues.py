"""Issues, their variants, what the proofreader finds, and approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema


class IssueRow(Schema):
    issue: int
    newsletter: str
    state: str
    slot: datetime | None
    picks: int


class IssueList(Schema):
    issues: list[IssueRow]
    next: str | None = None


class VariantRow(Schema):
    """A variant of an issue: who gets it, and how many readers that were when it was planned; null for the only one."""

    variant: str
    words: str
    readers: int | None
    errors: int = Field(description="what the proofreader found in it that blocks the approval")


class VariantShape(VariantRow):
    """A variant as it would go out, with dead personal links."""

    issue: int
    subject: str
    preheader: str
    html: str
    text: str
    findings: list[dict[str, Any]]


class ShowToIn(Schema):
    """A group of readers, and the block they alone shall see: an article, else a section, else the note."""

    group: str = Field(examples=["plan:paid and not language:fr"], description="empty: everybody")
    article: int | None = Field(None, ge=1, lt=2**63)
    section: str = Field("", description="title or number")
    version: int | None = Field(None, description="refuse when the issue was changed since")


class IssueShape(Schema):
    """An issue with its picks by section, each with its reason, and the candidates left out."""

    issue: int
    newsletter: str
    state: str
    version: int
    kind: str
    corrects: int | None = Field(None, description="the issue whose readers this correction is for")
    corrected_article: int | None = None
    slot: datetime | None
    window_from: datetime | None
    window_to: datetime
    held: str
    shortfalls: list[dict[str, Any]]
    note_group: str = Field(description="who sees the editor's note; empty: everybody")
    sections: list[dict[str, Any]]
    variants: list[VariantRow]
    left_out: list[dict[str, Any]]


class FindingShape(Schema):
    variants: list[str] = Field(description="the variants that show it, by number")
    rule: str
    level: str = Field(description="E keeps the issue from being approved, W warns, I informs")
    place: str
    fix: str


class OverrideShape(Schema):
    rule: str
    by: str
    because: str


class Proofread(Schema):
    """What the proofreader finds in an issue, and what keeps it from being approved."""

    issue: int
    newsletter: str
    state: str
    version: int
    blocking: list[str] = Field(description="rules with errors that nobody overruled")
    overridable: list[str] = Field(description="rules that the newsletter lets a person overrule")
    overrides: list[OverrideShape]
    findings: list[FindingShape]


class ApproveIn(Schema):
    """The version that was looked at; rules to overrule, each with the reason, and the person who does."""

    version: int = Field(ge=1, le=2**31 - 1)
    overrides: dict[str, str] = Field(default_factory=dict, examples=[{"contrast": "The quotation is a picture."}])
    person: str = Field("", max_length=150, description="who overrules; needed for overrides")


class Approved(Schema):
    issue: int
    newsletter: str
    state: str
