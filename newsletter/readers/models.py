"""Who reads us: a person's address, their yes to each newsletter, its proof, and who must never be mailed."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from newsletter.catalogue.models import Newsletter


class Reader(models.Model):
    """A person with an address who may get newsletters. ``address`` is normalised once, unique; "" after erasure.

    ``center`` and ``tags`` are kept folded (``expressions.fold``), as groups compare them.
    """

    class Plan(models.TextChoices):
        PLAIN = "plain"
        PAID = "paid"

    address = models.CharField(max_length=320)
    address_hash = models.BinaryField(max_length=32, unique=True)  # keyed hash; joins with Suppression
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=20, blank=True)
    center = models.CharField(max_length=60, blank=True, db_default="")  # the code of the center they belong to
    plan = models.CharField(max_length=5, choices=Plan.choices, default=Plan.PLAIN, db_default=Plan.PLAIN)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True, db_default=[])
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["address"], condition=~models.Q(address=""), name="reader_address_once")
        ]

    def __str__(self) -> str:
        return f"reader {self.pk}"


class Subscription(models.Model):
    """One reader's yes to one newsletter."""

    class State(models.TextChoices):
        PENDING = "pending"  # asked, not confirmed
        ACTIVE = "active"
        PAUSED = "paused"
        LEFT = "left"

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="subscriptions")
    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="subscriptions")
    state = models.CharField(max_length=10, choices=State.choices)
    since = models.DateTimeField()  # when the present state began

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["reader", "newsletter"], name="subscription_once")]
        indexes: ClassVar = [models.Index(fields=["newsletter", "state", "reader"], name="subscription_audience")]

    def __str__(self) -> str:
        return f"{self.reader_id} {self.state} {self.newsletter_id}"


class Consent(models.Model):
    """The proof of a yes or a no: append-only."""

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="consents")
    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="consents")
    act = models.CharField(max_length=20)  # imported, asked, confirmed, left, paused, resumed
    at = models.DateTimeField()
    by = models.CharField(max_length=200)  # "operator NAME", "reader", "system"
    evidence = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["reader", "newsletter", "at"], name="consent_history")]

    def __str__(self) -> str:
        return f"{self.act} at {self.at}"


class Suppression(models.Model):
    """An address never to be mailed, with a reason. It outlives the reader: only the keyed hash is needed."""

    address_hash = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=30)  # bounced, complained, erased, asked
    evidence = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["address_hash"], condition=models.Q(lifted_at=None), name="suppression_in_force_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["address_hash"], name="suppression_address")]

    def __str__(self) -> str:
        return f"{self.reason} at {self.at}"
