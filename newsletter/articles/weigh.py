"""A person says how much an article matters: sections with ``order = "manual"`` put the heaviest first."""

from __future__ import annotations

from datetime import datetime

from newsletter.articles.models import Article
from newsletter.errors import Invalid, NotFound

HEAVIEST = 1000


def weigh(article_id: int, weight: int, *, now: datetime) -> None:
    """Give an article a weight from -1000 to 1000 (0 is that of all others); raises ``Invalid``, ``NotFound``."""
    if not -HEAVIEST <= weight <= HEAVIEST:
        raise Invalid(f"{weight} is no weight.", where="weight", fix=f"Use -{HEAVIEST} to {HEAVIEST}.")
    if not Article.objects.filter(pk=article_id).update(weight=weight, updated_at=now):
        raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
