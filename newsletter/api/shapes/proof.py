"""An approved issue made again, and what a mail is proven to be."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema


class VariantRebuilt(Schema):
    variant: str
    same: bool
    content_hash: str
    differs: list[str]


class RebuildShape(Schema):
    """An approved issue made again from its lock; ``changed_since`` is by kind: libraries, templates, rows, site."""

    issue: int
    seal: str
    lock: str
    approved_at: datetime
    in_force: bool
    same: bool
    faults: list[str]
    variants: list[VariantRebuilt]
    changed_since: dict[str, list[str]]


class VerdictShape(Schema):
    """What a mail is proven to be a copy of, or why it is not."""

    verified: bool
    issue: int | None
    newsletter: str
    slot: datetime | None
    variant: str
    seal: str
    seal_ok: bool
    approved_at: datetime | None
    approved_by: list[str]
    in_force: bool
    copy_of: str = Field(alias="copy", description="delivery, preview or proof")
    delivery: int | None
    differs: list[str]
    notes: list[str]
