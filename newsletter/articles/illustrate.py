"""A person gives an article an image of the library; what the CMS sends later does not change it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.articles.models import Article
from newsletter.errors import NotFound
from newsletter.images.queries import found


def illustrate(article_id: int, image_id: int | None, *, by: str, now: datetime) -> Article:
    """Show an image of the library with the article, or with None the imported one again.

    Who did it is written beside the other overrides. Raises ``NotFound``.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().filter(pk=article_id).first()
        if article is None:
            raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
        article.image = found(image_id) if image_id is not None else None
        kept = {name: entry for name, entry in article.overrides.items() if name != "image"}
        entry = {"value": image_id, "imported": article.image_url, "by": by, "at": now.isoformat()}
        article.overrides = {**kept, "image": entry} if image_id is not None else kept
        article.updated_at = now
        article.save(update_fields=["image", "overrides", "updated_at"])
    return article
