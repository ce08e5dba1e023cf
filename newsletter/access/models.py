"""Who may knock: tokens of programs, the answers they may ask for twice, and which keys all hosts share."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Token(models.Model):
    """A program's key to the API. Only the SHA-256 of its secret is kept; ``prefix`` finds the row."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    source = models.CharField(max_length=60, blank=True)  # what the articles it pushes come from
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class KeyedAnswer(models.Model):
    """The answer to a request with an idempotency key; no status yet = it is still being worked on."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="keyed_answer_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="keyed_answer_age")]

    def __str__(self) -> str:
        return self.key


class KeyMark(models.Model):
    """The fingerprint of a key that every host must have, as the first host registered it."""

    name = models.CharField(max_length=40, primary_key=True)
    mark = models.CharField(max_length=64)
    before = models.CharField(max_length=64, blank=True)  # the key it took over from; hosts may have it still
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name
