"""Mail that is not an issue. Rooms write letters, delivery sends them before any issue."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from newsletter.catalogue.models import Sender


class Letter(models.Model):
    """One mail that is not an issue: confirmation, welcome, proof, reminder, correction notice.

    ``key`` makes writing idempotent. Delivery builds the MIME message from these columns; the lease columns are
    moved by delivery only, as for a delivery.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        LEASED = "leased"
        WIRE = "wire"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        DEFERRED = "deferred"
        IN_DOUBT = "in_doubt"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=200, unique=True)
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="letters")
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=500)
    html = models.TextField(blank=True)
    text = models.TextField()
    headers = models.JSONField(default=dict, blank=True)  # further headers, name -> value
    message_id = models.CharField(max_length=250)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    owner = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=20, blank=True)
    answer = models.CharField(max_length=1000, blank=True)  # the relay's own words, last attempt
    nobody_there = models.BooleanField(default=False, db_default=False)  # so says the relay, and it is not settled yet
    written_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "next_attempt_at", "id"], name="letter_due"),
            models.Index(fields=["id"], condition=models.Q(nobody_there=True), name="letter_nobody_there"),
            models.Index(fields=["finished_at"], condition=models.Q(state="accepted"), name="letter_accepted"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
