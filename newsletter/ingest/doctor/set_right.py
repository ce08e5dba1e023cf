"""A person sets a field of an article right where the doctor found it odd; it survives what the CMS says later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from newsletter.articles.models import Article
from newsletter.articles.override import override
from newsletter.errors import Invalid, NotFound
from newsletter.ingest.give_address import give_address

LONGEST_LINE = 2000
MOST_LINES = 200


def set_right(article_id: int, field: str, lines: Sequence[str], *, by: str, now: datetime) -> Article:
    """Set ``field`` to ``lines``: all of them for a field with many values, the first for a text.

    ``url`` gives the article an address. Raises ``Invalid`` for another field or value, ``NotFound``, ``Conflict``.
    """
    values = [" ".join(line.split()) for line in lines if line.strip()]
    if len(values) > MOST_LINES or any(len(value) > LONGEST_LINE for value in values):
        raise Invalid("That is too long for a field.", where=field, fix=f"At most {LONGEST_LINE} letters a value.")
    if field == "url":
        return give_address(article_id, values[0] if values else "", by=by, now=now)
    article = Article.objects.filter(pk=article_id).first()
    if article is None:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
    present: Any = getattr(article, field, None)
    value = values if isinstance(present, list) else " ".join(values)
    if field == "title" and not value:
        raise Invalid("A title cannot be empty.", where=field, fix="Give one.")
    return override(article_id, field, value, by=by, now=now)
