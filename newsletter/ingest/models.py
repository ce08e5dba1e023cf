"""What was seen: every record once a content, and what could not be taken in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from newsletter.articles.models import Article


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
    """A record that was refused, with its reason, its place and its text, until it comes again in order."""

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=600)
    content_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=30)
    message = models.CharField(max_length=500)
    position = models.CharField(max_length=40)
    text = models.TextField()
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="quarantined_once")]
        indexes: ClassVar = [models.Index(fields=["-seen_at", "-id"], name="quarantined_newest")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}: {self.reason}"
