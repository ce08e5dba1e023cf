"""Small makers of real rows; a test says only what matters to it."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from newsletter.articles.facet_keys import facet_keys_of
from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter, Section, Sender
from newsletter.readers.address import address_hash
from newsletter.readers.models import Reader, Subscription

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_number = count(1)


def make_newsletter(code: str = "ctw", *, sections: list[dict[str, Any]] | None = None, **given: Any) -> Newsletter:
    """A weekly newsletter (Thursdays 09:00 New York) with one section unless told otherwise."""
    sender = Sender.objects.create(
        name="Meridian Institute",
        address=f"{code.lower()}@news.example",
        bounce_domain="bounces.news.example",
        postal_address="1 Example Street, Washington",
        list_id=f"{code.lower()}.news.example",
    )
    plain: dict[str, Any] = {
        "title": "This Week",
        "language": "en",
        "zone": "America/New_York",
        "weekdays": ["thu"],
        "at": "09:00",
        "draft_lead": timedelta(days=2),
        "cut_off": timedelta(hours=4),
        "late": timedelta(hours=6),
    }
    newsletter = Newsletter.objects.create(code=code, sender=sender, **{**plain, **given})
    for position, part in enumerate(sections or [{}]):
        whole = {"title": f"Section {position + 1}", "selector": f"newsletter:{code}", **part}
        Section.objects.create(newsletter=newsletter, position=position, **whole)
    return newsletter


def make_article(title: str = "", **given: Any) -> Article:
    """An article of the newsletter ``ctw`` that has been available for a day."""
    number = next(_number)
    title = title or f"Article {number}"
    plain: dict[str, Any] = {
        "identity": f"test/{number}",
        "source": "page-export",
        "title": title,
        "teaser": f"What article {number} is about.",
        "authors": ["Ada Byron"],
        "type": "commentary",
        "newsletters": ["ctw"],
        "center_codes": ["dc"],
        "language": "en",
        "published_on": date(2026, 11, 23),
        "published_precision": "day",
        "url": f"https://meridian.example/2026/11/{number}",
        "urls": [f"https://meridian.example/2026/11/{number}"],
        "content_hash": hashlib.sha256(title.encode()).hexdigest(),
        "first_ingested_at": NOW - timedelta(days=1),
        "available_at": NOW - timedelta(days=1),
        "updated_at": NOW - timedelta(days=1),
    }
    article = Article(**{**plain, **given})
    article.facet_keys = facet_keys_of(article)
    article.save()
    return article


def make_reader(newsletter: Newsletter, address: str = "", *, state: str = "active", **given: Any) -> Reader:
    """A reader with a subscription."""
    address = address or f"reader{next(_number)}@readers.example"
    reader = Reader.objects.create(
        address=address, address_hash=address_hash(address), created_at=NOW, **{"name": "Ada Byron", **given}
    )
    Subscription.objects.create(reader=reader, newsletter=newsletter, state=state, since=NOW)
    return reader
