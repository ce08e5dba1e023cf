"""An article as the object that ``read_object`` reads: how a record is kept that was understood and yet refused."""

from __future__ import annotations

import json
from typing import Any

from newsletter.ingest.source import IncomingArticle

FORM = "jsonl"


def write_object(record: IncomingArticle) -> str:
    """Return a record as JSON, without its empty fields; reading it gives the same article again."""
    said: dict[str, Any] = {
        "key": record.key,
        "title": record.title,
        "teaser": record.teaser,
        "body": record.body,
        "url": record.url,
        "urls": list(record.urls),
        "published": _day(record),
        "modified": record.modified_at.isoformat() if record.modified_at else "",
        "minor": record.minor,
        "language": "" if record.language_derived else record.language,
        "image_url": record.image_url,
        "image_alt": record.image_alt,
        "image_credit": record.image_credit,
        "originally_published_in": record.originally_published_in,
        "authors": list(record.authors),
        "type": record.type,
        "blog": record.blog,
        "englishNewsletterAll": list(record.newsletters),
        "centerAffiliationAll": list(record.center_codes),
        "programAffiliation": list(record.program_codes),
        "centers": list(record.centers),
        "primaryCenter": record.primary_center,
        "programs": list(record.programs),
        "projects": list(record.projects),
        "collections": list(record.collections),
        "regions": list(record.regions),
        "topics": list(record.topics),
        "categories": list(record.categories),
    }
    return json.dumps({name: value for name, value in said.items() if value not in ("", [], None)}, ensure_ascii=False)


def _day(record: IncomingArticle) -> str:
    day = record.published_on
    return "" if day is None else f"{day:%Y-%m}" if record.published_precision == "month" else day.isoformat()
