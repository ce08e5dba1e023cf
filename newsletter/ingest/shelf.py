"""The articles that a batch of records may touch: found by a handful of queries, changed in memory, saved at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import Q
from django.db.models.functions import MD5

from newsletter.articles.facet_keys import facet_keys_of
from newsletter.articles.identity import address_identity, words_identity
from newsletter.articles.models import Article, ArticleBody
from newsletter.expressions.fold import fold
from newsletter.ingest.copy_over import COPIED, copy_over
from newsletter.ingest.models import Record
from newsletter.ingest.pour import numbers, pour, pour_over
from newsletter.ingest.quarantine import release
from newsletter.ingest.revision import is_major
from newsletter.ingest.source import IncomingArticle
from newsletter.ingest.tongue import is_translation, tongue_of

STORED = (
    *COPIED,
    *("identity", "words", "url", "urls", "warnings", "overrides", "facet_keys", "content_hash"),
    *("modified_at", "updated_at", "available_at", "renewed_at"),
)
WHOLE = tuple(field.attname for field in Article._meta.concrete_fields)
ONE_AT_A_TIME = 0x6E6C_0001  # the advisory lock under which articles are taken in


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record, and for an update field -> {before, after, overridden}."""

    key: str
    word: Literal["new", "updated", "unchanged"]
    article: Article
    differences: dict[str, dict[str, Any]] = field(default_factory=dict)
    major: bool = False  # it says something new, see ``revision``


class Shelf:
    """Articles in reach of one batch, by identity, words, address and record."""

    def __init__(self, *, source: str, now: datetime, renew: bool = False) -> None:
        """With ``renew`` a major version makes its article available again."""
        self.source, self.now, self.renew = source, now, renew
        self._by_identity: dict[str, Article] = {}
        self._by_words: dict[str, Article] = {}
        self._by_url: dict[str, Article] = {}
        self._by_key: dict[str, Article] = {}
        self._hashes: dict[int, set[str]] = {}  # id() of an article here -> every content it was seen with
        self._body_hashes: dict[int, str] = {}
        self._bodies: dict[int, str] = {}
        self._stored_bodies: dict[int, str] | None = None  # by article, fetched when a body has changed
        self._fresh: list[Article] = []
        self._changed: dict[int, Article] = {}
        self._records: dict[tuple[str, str], Article] = {}
        self._kept: set[tuple[str, str]] = set()  # contents of these records that are in the table already

    def load(self, incoming: Sequence[IncomingArticle]) -> None:
        """Fetch every article the records may belong to; no other importer runs until the transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        urls = list({url for article in incoming for url in (article.url, *article.urls) if url})
        identities = {key for article in incoming for key in _address_keys(article)}
        words = {words_identity(article.title, article.authors) for article in incoming}
        known = Record.objects.filter(source=self.source, key__in=[article.key for article in incoming])
        keys: dict[str, int] = {}
        for key, content, number in known.order_by("pk").values_list("key", "content_hash", "article_id"):
            keys[key] = number
            self._kept.add((key, content))
        wanted = (
            Q(identity__in=identities | words) | Q(words__in=words) | Q(urls__overlap=urls) | Q(pk__in=keys.values())
        )
        held = (
            Article.objects.filter(wanted).order_by("pk").select_for_update(no_key=True)
        )  # people may decide meanwhile
        articles = {article.pk: article for article in held}
        for article in articles.values():
            self._put(article)
        self._by_key = {key: articles[number] for key, number in keys.items()}
        for number, content in Record.objects.filter(article_id__in=articles).values_list("article_id", "content_hash"):
            self._hashes[id(articles[number])].add(content)
        bodies = ArticleBody.objects.filter(article_id__in=articles).annotate(hash=MD5("text"))
        for number, body in bodies.values_list("article_id", "hash"):
            self._body_hashes[id(articles[number])] = body

    def take(self, incoming: IncomingArticle) -> Outcome:
        """Decide what one record is: a new article, a new version of one, or nothing new."""
        article = self._find(incoming)
        content = incoming.content_hash
        if article is None:
            article = self._open(incoming, content)
            outcome = Outcome(incoming.key, "new", article)
        else:
            outcome = self._version(article, incoming, content)
        self._hashes[id(article)].add(content)
        self._records[incoming.key, content] = article
        self._by_key[incoming.key] = article
        return outcome

    def save(self) -> None:
        """Write everything: new articles, changed ones, bodies, and which record said what."""
        changed = list(self._changed.values())
        for article in (*self._fresh, *changed):
            article.facet_keys = facet_keys_of(article)
            article.updated_at = self.now
        for article, number in zip(self._fresh, numbers(Article, len(self._fresh)), strict=True):
            article.pk = number
        pour(Article, WHOLE, (_row(article, WHOLE) for article in self._fresh))
        pour(ArticleBody, ("article", "text"), ((article.pk, self._bodies[id(article)]) for article in self._fresh))
        if changed:
            pour_over(Article, ("id", *STORED), (_row(article, ("id", *STORED)) for article in changed))
            bodies = [(article.pk, self._bodies[id(article)]) for article in changed if id(article) in self._bodies]
            pour_over(ArticleBody, ("article", "text"), bodies, insert=True)
        records = [
            (self.source, key, content, article.pk, self.now)
            for (key, content), article in self._records.items()
            if (key, content) not in self._kept
        ]
        pour(Record, ("source", "key", "content_hash", "article", "first_seen_at"), records)
        release([key for key, _ in self._records], source=self.source)

    def _find(self, incoming: IncomingArticle) -> Article | None:
        key = words_identity(incoming.title, incoming.authors)
        words = self._by_words.get(key) or self._by_identity.get(key)
        if incoming.url:
            known = self._by_address(incoming)
            if known or (words and not words.urls):
                return known or words
        elif words:
            return words
        return self._same_record(incoming)

    def _by_address(self, incoming: IncomingArticle) -> Article | None:
        """Return the article at one of the addresses; a translation under the same slug is another one."""
        for url in (incoming.url, *incoming.urls):
            if url in self._by_url:
                return self._by_url[url]
        known = [self._by_identity.get(key) for key in _address_keys(incoming)]
        return next((one for one in known if one is not None and not is_translation(incoming, one)), None)

    def _same_record(self, incoming: IncomingArticle) -> Article | None:
        """Return the article this record was before, if it still opens alike: two folders may use one file name."""
        before = self._by_key.get(incoming.key)
        alike = before and incoming.teaser and fold(before.teaser) == fold(incoming.teaser)
        return before if before and alike and not (incoming.url and before.urls) else None

    def _open(self, incoming: IncomingArticle, content: str) -> Article:
        article = Article(
            source=self.source,
            first_ingested_at=self.now,
            available_at=self.now,
            url=incoming.url,
            urls=list(dict.fromkeys(filter(None, (incoming.url, *incoming.urls)))),
        )
        copy_over(incoming, article)
        self._finish(article, incoming, content)
        identity = _identity_of_new(incoming.url, article.words)
        taken = identity in self._by_identity  # by a translation
        article.identity = f"{identity}#{tongue_of(incoming)}" if taken else identity
        self._fresh.append(article)
        self._put(article)
        return article

    def _version(self, article: Article, incoming: IncomingArticle, content: str) -> Outcome:
        """Apply a record to its article: the newest content wins, one that was seen before changes nothing."""
        differences = self._add_addresses(article, incoming)
        major = False
        seen = content == article.content_hash or content in self._hashes[id(article)]
        older = article.modified_at and incoming.modified_at and incoming.modified_at < article.modified_at
        if not seen and not older:
            differences |= copy_over(incoming, article)
            if self._is_other_body(article, incoming.body):
                before, after = (f"{len(text)} characters" for text in (self._old_body(article), incoming.body))
                differences["body"] = {"before": before, "after": after, "overridden": False}
            major = is_major(incoming, differences, lambda: self._old_body(article))
            if major and self.renew:
                self._renew(article)
            self._finish(article, incoming, content)
            self._put(article)
        elif not differences:
            return Outcome(incoming.key, "unchanged", article)
        if article.pk:
            self._changed[article.pk] = article
        return Outcome(incoming.key, "updated" if differences else "unchanged", article, differences, major)

    def _renew(self, article: Article) -> None:
        """Make an article new again: it comes into the next window, and issues of before do not count as sending it."""
        article.renewed_at = self.now
        article.available_at = max(filter(None, (self.now, article.embargo_until)))

    def _add_addresses(self, article: Article, incoming: IncomingArticle) -> dict[str, dict[str, Any]]:
        before = list(article.urls)
        for url in filter(None, (incoming.url, *incoming.urls)):
            self._add_address(article, url)
        if before == article.urls:
            return {}
        return {"urls": {"before": before, "after": article.urls, "overridden": False}}

    def _add_address(self, article: Article, url: str) -> None:
        """Note one more address of an article; the first one it gets decides its identity and where readers go."""
        if url in article.urls:
            return
        before = list(article.urls)
        identity = address_identity(url)
        if identity and not before and identity not in self._by_identity:
            self._by_identity[identity] = self._by_identity.pop(article.identity, article)
            article.identity = identity
        article.urls = [*before, url]
        article.url = article.url or url
        self._by_url[url] = article

    def _finish(self, article: Article, incoming: IncomingArticle, content: str) -> None:
        article.words = words_identity(incoming.title, incoming.authors)
        article.warnings = [{"code": odd.code, "field": odd.field, "message": odd.message} for odd in incoming.warnings]
        article.content_hash = content
        article.modified_at = incoming.modified_at or article.modified_at
        self._bodies[id(article)] = incoming.body
        self._body_hashes.pop(id(article), None)

    def _put(self, article: Article) -> None:
        self._by_identity.setdefault(article.identity, article)
        self._by_words[article.words] = article
        self._hashes.setdefault(id(article), set())
        for url in article.urls:
            self._by_url.setdefault(url, article)

    def _old_body(self, article: Article) -> str:
        """Return the body in force; those in the table are fetched at once for all articles in reach."""
        if id(article) in self._bodies:
            return self._bodies[id(article)]
        if self._stored_bodies is None:
            reached = {one.pk for one in self._by_identity.values() if one.pk}
            rows = ArticleBody.objects.filter(article_id__in=reached).values_list("article_id", "text")
            self._stored_bodies = dict(rows)
        return self._stored_bodies.get(article.pk, "")

    def _is_other_body(self, article: Article, body: str) -> bool:
        if id(article) in self._bodies:
            return body != self._bodies[id(article)]
        return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest() != self._body_hashes.get(id(article))


def _address_keys(incoming: IncomingArticle) -> list[str]:
    """Return the identities an article may have by its addresses, that of its own language first."""
    plain = [key for url in (incoming.url, *incoming.urls) if url and (key := address_identity(url))]
    tongue = tongue_of(incoming)
    return [f"{key}#{tongue}" for key in plain if tongue] + plain


def _row(article: Article, names: Sequence[str]) -> list[Any]:
    return [getattr(article, name) for name in names]


def _identity_of_new(url: str, words: str) -> str:
    """Return the key of a new article; an address that names no article keeps two of one title apart."""
    return (address_identity(url) or f"{words[:300]}|{hashlib.sha256(url.encode()).hexdigest()}") if url else words
