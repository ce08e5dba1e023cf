"""A person gives an article the address its source does not tell."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.articles.identity import address_identity, clean_address
from newsletter.articles.models import Article
from newsletter.errors import Conflict, Invalid, NotFound
from newsletter.ingest.dates import address_date
from newsletter.ingest.models import Record, Supplement
from newsletter.ingest.url_map import is_web_address


def give_address(article_id: int, url: str, *, by: str, now: datetime) -> Article:
    """Add ``url`` to an article, as the one readers are sent to when it had none; its records keep it.

    Raises ``Invalid`` for no web address, ``Conflict`` when another article has it, ``NotFound``.
    """
    url = web_address(url)
    with transaction.atomic():
        article = Article.objects.select_for_update().filter(pk=article_id).first()
        if article is None:
            raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
        identity = address_identity(url)
        other = Article.objects.filter(identity=identity).exclude(pk=article_id).first() if identity else None
        other = other or Article.objects.filter(urls__contains=[url]).exclude(pk=article_id).first()
        if other is not None:
            raise Conflict(
                f"Article {other.pk} has this address already.", where="url", fix="Are the two one article? See both."
            )
        _put(article, url, identity, now)
        _remember(article, url, by, now)
    return article


def web_address(url: str) -> str:
    """Return an address in the form in which it is kept; raises ``Invalid`` for anything else."""
    if not is_web_address(url.strip()) or len(url) > 2000:
        raise Invalid(f"{url[:80]!r} is no web address.", where="url", fix="Give one that begins with https://.")
    return clean_address(url)


def _put(article: Article, url: str, identity: str, now: datetime) -> None:
    if identity and not article.urls:
        article.identity = identity
    article.urls = list(dict.fromkeys([*article.urls, url]))
    article.url = article.url or url
    if article.published_on is None:
        article.published_on, article.published_precision = address_date(url)
    article.updated_at = now
    article.save(update_fields=["identity", "urls", "url", "published_on", "published_precision", "updated_at"])


def _remember(article: Article, url: str, by: str, now: datetime) -> None:
    records = set(Record.objects.filter(article=article).values_list("source", "key"))
    Supplement.objects.bulk_create(
        [Supplement(source=source, key=key, url=url, by=by[:200], at=now) for source, key in sorted(records)],
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["url", "by", "at"],
    )
