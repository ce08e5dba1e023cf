"""A person corrects a field of an article; what the CMS says about it later is kept beside, and does not win."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.articles.facet_keys import facet_keys_of
from newsletter.articles.models import Article
from newsletter.errors import Invalid, NotFound

OVERRIDABLE = frozenset(
    (
        *("title", "teaser", "authors", "type", "blog", "newsletters", "center_codes", "program_codes", "centers"),
        *("primary_center", "programs", "projects", "collections", "regions", "topics", "language"),
        *("originally_published_in", "image_alt", "image_credit"),
    )
)


def override(article_id: int, field: str, value: Any, *, by: str, now: datetime) -> Article:
    """Set ``field`` to ``value`` until ``restore``; raises ``Invalid`` for another field or kind, ``NotFound``."""
    with transaction.atomic():
        article = _locked(article_id, field)
        present = getattr(article, field)
        if type(value) is not type(present) or (isinstance(value, list) and not all(isinstance(v, str) for v in value)):
            kind = "a list of texts" if isinstance(present, list) else "a text"
            raise Invalid(f"{field} takes {kind}.", where=field, fix=f"Give {kind}.")
        imported = article.overrides.get(field, {}).get("imported", present)
        entry = {"value": value, "imported": imported, "by": by, "at": now.isoformat()}
        article.overrides = {**article.overrides, field: entry}
        return _put(article, field, value, now)


def restore(article_id: int, field: str, *, now: datetime) -> Article:
    """Let the imported value of ``field`` be in force again; nothing happens where none was overridden."""
    with transaction.atomic():
        article = _locked(article_id, field)
        if field not in article.overrides:
            return article
        entry = article.overrides[field]
        article.overrides = {name: kept for name, kept in article.overrides.items() if name != field}
        return _put(article, field, entry["imported"], now)


def _locked(article_id: int, field: str) -> Article:
    if field not in OVERRIDABLE:
        raise Invalid(f"{field!r} cannot be overridden.", where=field, fix="One of: " + ", ".join(sorted(OVERRIDABLE)))
    article = Article.objects.select_for_update().filter(pk=article_id).first()
    if article is None:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
    return article


def _put(article: Article, field: str, value: Any, now: datetime) -> Article:
    setattr(article, field, value)
    article.facet_keys = facet_keys_of(article)
    article.updated_at = now
    article.save(update_fields=[field, "overrides", "facet_keys", "updated_at"])
    return article
