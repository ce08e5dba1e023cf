"""Where articles come from, what was seen of them, and what could not be taken in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from newsletter.articles.models import Article
from newsletter.images.models import Image


class Source(models.Model):
    """A place articles come from: how it writes them, where it is, and what its words mean here.

    Records of a source without a row (files of the command line) are taken as they are.
    """

    code = models.CharField(max_length=60, unique=True)  # what the facet ``source`` reads
    title = models.CharField(max_length=200, blank=True)
    form = models.CharField(max_length=30)  # a name of ``ingest.sources.SOURCES``, or "push"
    address = models.TextField(blank=True)  # what is pulled; "" = files or a push
    interval = models.DurationField(null=True, blank=True)  # how often it is pulled; none = only by hand
    active = models.BooleanField(default=True)
    mapping = models.JSONField(default=dict, blank=True)  # {categories: {word: {facet: value}}, defaults, fields}
    vocabulary = models.JSONField(default=dict, blank=True)  # facet -> every value allowed; a facet not named is open
    renew = models.BooleanField(default=False)  # a major update makes an article available again
    # what the last pull left behind
    etag = models.TextField(blank=True)
    last_modified = models.TextField(blank=True)
    pulled_at = models.DateTimeField(null=True, blank=True)  # the last attempt
    good_at = models.DateTimeField(null=True, blank=True)  # the last that succeeded
    next_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)  # somebody is pulling it
    failures = models.PositiveIntegerField(default=0)  # in a row
    trouble = models.CharField(max_length=500, blank=True)  # why the last one failed
    report = models.JSONField(default=dict, blank=True)  # of the last pull: counts by outcome
    snapshot = models.BinaryField(null=True, blank=True)  # the last good answer, compressed
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["active", "next_at"], name="source_due")]
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.code


class Supplement(models.Model):
    """What a person knows about a record that its source does not tell: it holds whenever the record comes again."""

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=600)
    url = models.TextField(blank=True)
    title = models.TextField(blank=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="supplement_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


class Settled(models.Model):
    """An oddity of an article that a person looked at and found right."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="settled")
    code = models.CharField(max_length=40)
    value = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["article", "code", "value"], name="settled_once")]

    def __str__(self) -> str:
        return f"{self.code} of {self.article_id}"


class Record(models.Model):
    """One content of one record of a source, and the article it belongs to."""

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=600)
    content_hash = models.CharField(max_length=64)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="records")
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "key", "content_hash"], name="record_content_once")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


class QuarantinedRecord(models.Model):
    """A record that was refused, with its reason, its place and its text, until it comes again in order.

    A person may discard it: the same content is then not shown again, another content is.
    """

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=600)
    content_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=30)
    message = models.CharField(max_length=500)
    position = models.CharField(max_length=40)
    form = models.CharField(max_length=30, default="page-export")
    url = models.TextField(blank=True)  # the address it came with
    text = models.TextField()
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    discarded_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.CharField(max_length=200, blank=True)
    discarded_reason = models.CharField(max_length=500, blank=True)
    discarded_hash = models.CharField(max_length=64, blank=True)  # the content that was discarded

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="quarantined_once")]
        indexes: ClassVar = [  # each ends with what the lists are ordered by
            models.Index(fields=["reason", "-id"], name="quarantined_reason"),
            models.Index(fields=["source", "-id"], name="quarantined_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key}: {self.reason}"


class FetchedImage(models.Model):
    """A remote image that an article names, and what became of fetching it: once, or the reason why not."""

    class State(models.TextChoices):
        WAITING = "waiting"  # not tried yet, or to be tried again at ``next_at``
        FETCHED = "fetched"
        REFUSED = "refused"  # it will never be an image we can show

    address = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)  # of the address
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    image = models.ForeignKey(Image, null=True, blank=True, on_delete=models.CASCADE, related_name="fetched_from")
    tries = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)  # somebody is fetching it

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "next_at"], name="fetched_image_due")]

    def __str__(self) -> str:
        return f"{self.state} {self.pk}"
