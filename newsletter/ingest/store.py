"""Take records in: once each, newest version wins, and every one ends as new, updated, unchanged or quarantined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from newsletter.articles.facet_keys import facet_keys_of
from newsletter.articles.identity import clean_address, identity_of
from newsletter.articles.models import Article, ArticleBody
from newsletter.errors import Invalid
from newsletter.ingest.models import QuarantinedRecord, Record
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources import SOURCES

BATCH = 500
LARGEST_FILE = 20 << 20
COPIED = (
    *("title", "title_derived", "teaser", "authors", "type", "blog", "newsletters", "center_codes", "program_codes"),
    *("centers", "primary_center", "programs", "projects", "collections", "regions", "topics", "language"),
    *("language_derived", "published_on", "published_precision", "originally_published_in", "image_credit"),
)
IF_GIVEN = ("image_url", "image_alt")  # a source that knows no image does not take one away
STORED = (
    *COPIED,
    *IF_GIVEN,
    *("identity", "url", "urls", "warnings", "overrides", "facet_keys", "content_hash", "modified_at", "updated_at"),
)


@dataclass(slots=True)
class IngestReport:
    """What became of the records. ``changes`` names the fields that differ, ``warnings`` what a person should see."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: list[dict[str, str]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)


def ingest_paths(
    paths: Sequence[Path], *, source: str = "page-export", url_map: Mapping[str, str], now: datetime
) -> IngestReport:
    """Take in files and folders, in the order of their names; raises ``Invalid`` for a path that is not there."""
    report = IngestReport()
    files = iter(_files(paths))
    while batch := list(islice(files, BATCH)):
        records = [_read(file, source, url_map) for file in batch]
        store(records, source=source, now=now, report=report)
    return report


def store(
    records: Iterable[IncomingArticle | RefusedRecord], *, source: str, now: datetime, report: IngestReport
) -> None:
    """Store records of one source in one transaction and add what became of them to ``report``."""
    with transaction.atomic():
        shelf = _Shelf(source, now, report)
        articles = [record for record in records if isinstance(record, IncomingArticle)]
        refused = [record for record in records if isinstance(record, RefusedRecord)]
        shelf.load(articles)
        for article in articles:
            shelf.take(article)
        shelf.save([article.key for article in articles])
        _quarantine(refused, source, now, report)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            raise Invalid(f"{path} is not there.", where=str(path), fix="Give files or folders that exist.")


def _read(file: Path, source: str, url_map: Mapping[str, str]) -> IncomingArticle | RefusedRecord:
    try:
        if file.stat().st_size > LARGEST_FILE:
            return RefusedRecord(
                file.name, "too_large", f"The file is larger than {LARGEST_FILE >> 20} MB.", "line 1, column 1"
            )
        content = file.read_bytes()
    except OSError as error:
        return RefusedRecord(file.name, "unreadable", f"The file cannot be read: {error.strerror}.", "line 1, column 1")
    return SOURCES[source].read(content, key=file.name, url=clean_address(url_map.get(file.name, "")))


class _Shelf:
    """The articles a batch may touch, found by one query each for records, identities and addresses."""

    def __init__(self, source: str, now: datetime, report: IngestReport) -> None:
        self.source, self.now, self.report = source, now, report
        self.by_identity: dict[str, Article] = {}
        self.by_url: dict[str, Article] = {}
        self.by_key: dict[str, Article] = {}
        self.seen: set[tuple[int, str]] = set()  # (article, content hash)
        self.fresh: list[Article] = []
        self.changed: dict[int, Article] = {}
        self.bodies: dict[str, str] = {}  # identity -> body
        self.records: list[tuple[str, str, Article]] = []

    def load(self, incoming: Sequence[IncomingArticle]) -> None:
        identities = {identity_of(article.url, article.title, article.authors) for article in incoming}
        urls = [article.url for article in incoming if article.url]
        known = Record.objects.filter(source=self.source, key__in=[article.key for article in incoming])
        for record in known.select_related("article").order_by("pk"):
            self._shelve(record.article)
            self.by_key[record.key] = self.by_identity[record.article.identity]
        for article in Article.objects.filter(Q(identity__in=identities) | Q(urls__overlap=urls)):
            self._shelve(article)
        ids = [article.pk for article in self.by_identity.values()]
        self.seen |= set(Record.objects.filter(article_id__in=ids).values_list("article_id", "content_hash"))

    def _shelve(self, article: Article) -> None:
        article = self.by_identity.setdefault(article.identity, article)
        for url in article.urls:
            self.by_url.setdefault(url, article)

    def take(self, incoming: IncomingArticle) -> None:
        """Decide what one record is: a new article, a new version of one, or nothing new."""
        identity = identity_of(incoming.url, incoming.title, incoming.authors)
        article = self.by_identity.get(identity) or self.by_url.get(incoming.url) or self.by_key.get(incoming.key)
        self._warn(incoming)
        if article is None:
            article = self._open(incoming, identity)
            self.report.new += 1
        elif self._version(article, incoming, identity):
            self.report.updated += 1
        else:
            self.report.unchanged += 1
        self.records.append((incoming.key, incoming.content_hash, article))
        self.by_key[incoming.key] = article

    def _open(self, incoming: IncomingArticle, identity: str) -> Article:
        article = Article(
            identity=identity,
            source=self.source,
            first_ingested_at=self.now,
            available_at=self.now,
            url=incoming.url,
            urls=[incoming.url] if incoming.url else [],
        )
        _copy(incoming, article)
        self._finish(article, incoming)
        self.fresh.append(article)
        self._shelve(article)
        return article

    def _version(self, article: Article, incoming: IncomingArticle, identity: str) -> bool:
        """Apply a record to its article; returns whether anything changed."""
        found_at = self._add_address(article, incoming.url, identity)
        if article.content_hash == incoming.content_hash or (article.pk, incoming.content_hash) in self.seen:
            if found_at:
                self._changed(article)
            return found_at
        older = article.modified_at and incoming.modified_at and incoming.modified_at < article.modified_at
        if older:
            return found_at
        differences = _copy(incoming, article)
        if differences:
            self.report.changes.append({"article": article.pk, "record": incoming.key, "fields": differences})
        self._finish(article, incoming)
        self._changed(article)
        return True

    def _add_address(self, article: Article, url: str, identity: str) -> bool:
        """Note one more address of an article; the first one it gets decides its identity."""
        if not url or url in article.urls:
            return False
        if not article.urls and identity not in self.by_identity:
            self.by_identity[identity] = self.by_identity.pop(article.identity)
            article.identity = identity
        article.urls = [*article.urls, url]
        article.url = article.url or url
        self.by_url[url] = article
        return True

    def _finish(self, article: Article, incoming: IncomingArticle) -> None:
        article.warnings = [{"code": odd.code, "field": odd.field, "message": odd.message} for odd in incoming.warnings]
        article.content_hash = incoming.content_hash
        article.modified_at = incoming.modified_at
        self.bodies[article.identity] = incoming.body

    def _changed(self, article: Article) -> None:
        if article.pk:
            self.changed[article.pk] = article

    def _warn(self, incoming: IncomingArticle) -> None:
        self.report.warnings += [
            {"file": incoming.key, "field": odd.field, "code": odd.code, "message": odd.message}
            for odd in incoming.warnings
        ]

    def save(self, keys: Sequence[str]) -> None:
        for article in (*self.fresh, *self.changed.values()):
            article.facet_keys = facet_keys_of(article)
            article.updated_at = self.now
        Article.objects.bulk_create(self.fresh)
        Article.objects.bulk_update(self.changed.values(), STORED, batch_size=200)
        touched = [*self.fresh, *self.changed.values()]
        ArticleBody.objects.bulk_create(
            [ArticleBody(article=a, text=self.bodies[a.identity]) for a in touched if a.identity in self.bodies],
            update_conflicts=True,
            unique_fields=["article"],
            update_fields=["text"],
        )
        Record.objects.bulk_create(
            [
                Record(source=self.source, key=key, content_hash=digest, article=article, first_seen_at=self.now)
                for key, digest, article in dict.fromkeys(self.records)
            ],
            ignore_conflicts=True,
        )
        QuarantinedRecord.objects.filter(source=self.source, key__in=keys).delete()


def _copy(incoming: IncomingArticle, article: Article) -> dict[str, dict[str, Any]]:
    """Take over every field a person has not overridden; returns field -> {before, after} for those that changed."""
    differences = {}
    for name in (*COPIED, *(name for name in IF_GIVEN if getattr(incoming, name))):
        value = getattr(incoming, name)
        value = list(value) if isinstance(value, tuple) else value
        if name in article.overrides:
            article.overrides = {**article.overrides, name: {**article.overrides[name], "imported": _plain(value)}}
            continue
        before = getattr(article, name)
        if before != value:
            differences[name] = {"before": _plain(before), "after": _plain(value)}
            setattr(article, name, value)
    return differences


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _quarantine(refused: Sequence[RefusedRecord], source: str, now: datetime, report: IngestReport) -> None:
    for record in refused:
        report.quarantined.append(
            {"file": record.key, "reason": record.reason, "position": record.position, "message": record.message}
        )
    QuarantinedRecord.objects.bulk_create(
        [
            QuarantinedRecord(
                source=source,
                key=record.key,
                content_hash="",
                reason=record.reason,
                message=record.message[:500],
                position=record.position,
                text=record.text.replace("\0", ""),
                first_seen_at=now,
                seen_at=now,
            )
            for record in {record.key: record for record in refused}.values()
        ],
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["reason", "message", "position", "text", "seen_at"],
    )
