"""Images of the library."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema


class ImageShape(Schema):
    """An image; ``files`` is by place (wide, thumb) and sharpness (1x, 2x)."""

    image: int
    title: str
    alt: str
    credit: str
    width: int
    height: int
    crop: list[float] = Field(description="left, top, right, bottom as fractions; empty = all of it")
    focus: list[float] = Field(description="x, y as fractions; empty = the middle")
    came_from: str
    notes: list[str]
    by: str
    created_at: datetime
    files: dict[str, dict[str, dict[str, Any]]]


class ImageList(Schema):
    images: list[ImageShape]
    next: str | None = None


class ImageIn(Schema):
    """What to change; what is not given stays as it is."""

    title: str | None = None
    alt: str | None = None
    credit: str | None = None
    crop: list[float] | None = None
    focus: list[float] | None = None


class Deleted(Schema):
    image: int
    deleted: bool


class ArticleImage(Schema):
    """The image of the library that an article shows, null = the imported one."""

    article: int
    image: int | None
