"""What a newer record says of an article, taken over field by field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from newsletter.articles.models import Article
from newsletter.ingest.source import IncomingArticle

COPIED = (
    *("title", "title_derived", "teaser", "authors", "type", "blog", "newsletters", "center_codes", "program_codes"),
    *("centers", "primary_center", "programs", "projects", "collections", "regions", "topics", "language"),
    *("language_derived", "published_on", "published_precision", "originally_published_in", "image_credit"),
    *("image_url", "image_alt"),
)
IF_GIVEN = frozenset(("image_url", "image_alt"))  # a source that knows no image does not take one away


def copy_over(incoming: IncomingArticle, article: Article) -> dict[str, dict[str, Any]]:
    """Take over every field but those a person has overridden; returns field -> {before, after, overridden}."""
    differences = {}
    for name in _fields_to_copy(incoming, article):
        value = getattr(incoming, name)
        value = list(value) if isinstance(value, tuple) else value
        overridden = name in article.overrides
        before = article.overrides[name]["imported"] if overridden else getattr(article, name)
        if before == value:
            continue
        differences[name] = {"before": _plain(before), "after": _plain(value), "overridden": overridden}
        if overridden:
            article.overrides = {**article.overrides, name: {**article.overrides[name], "imported": _plain(value)}}
        else:
            setattr(article, name, value)
    return differences


def _fields_to_copy(incoming: IncomingArticle, article: Article) -> list[str]:
    """Return the fields in which the newer record knows at least as much as the article does."""
    kept: set[str] = {name for name in IF_GIVEN if not getattr(incoming, name)}
    if incoming.title_derived and article.title and not article.title_derived:
        kept |= {"title", "title_derived"}
    if article.published_on and _knows_less(incoming, article):
        kept |= {"published_on", "published_precision"}
    return [name for name in COPIED if name not in kept]


def _knows_less(incoming: IncomingArticle, article: Article) -> bool:
    day, known = incoming.published_on, article.published_on
    if day is None or known is None:
        return day is None
    same_month = (day.year, day.month) == (known.year, known.month)
    return same_month and incoming.published_precision == "month" and article.published_precision == "day"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
