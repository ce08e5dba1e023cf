"""What became of every copy of an issue: one row a delivery, leased by the chunk, every attempt kept.

The promise and the measured reasons for these tables are in ``docs/decisions/0004-delivery-tables.md``. Columns
that move while an issue is sent carry no index, so PostgreSQL keeps the moves inside their page (HOT). Columns that
point elsewhere have no foreign-key trigger: an audience of a million is written by INSERT ... SELECT.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from newsletter.issues.models import Issue
from newsletter.readers.models import Reader


class DeliveryState(models.IntegerChoices):
    """Where one delivery stands. LEASED is never stored: it is a queued delivery whose chunk has an owner."""

    QUEUED = 0
    LEASED = 1
    WIRE = 2  # its content may have begun to leave; only the owner of the chunk knows
    ACCEPTED = 3  # the relay took responsibility
    REFUSED = 4
    DEFERRED = 5  # the relay asked to come back later
    IN_DOUBT = 6  # it was handed over and the answer never came
    SKIPPED = 7  # the reader left, or must not be mailed
    EXPIRED = 8  # deferred for too long
    CANCELLED = 9


class ChunkState(models.IntegerChoices):
    """A chunk waits for an owner, has one, or has nothing left to send now."""

    WAITING = 0
    LEASED = 1
    CLOSED = 2


class Lane(models.IntegerChoices):
    """What goes before what: a lower lane is claimed first."""

    CORRECTION = 0
    BULK = 1


class Sending(models.Model):
    """The freezing of one issue's audience: how far it came, who was a candidate, who was left out and why."""

    issue = models.OneToOneField(Issue, on_delete=models.PROTECT, primary_key=True, related_name="sending")
    watermark = models.BigIntegerField(default=0)  # the last reader looked at
    candidates = models.PositiveIntegerField(default=0)
    deliveries = models.PositiveIntegerField(default=0)
    excluded = models.JSONField(default=dict)  # reason -> readers
    variants = models.JSONField(default=dict, db_default={})  # variant -> readers
    repeated = models.PositiveIntegerField(default=0, db_default=0)  # who get a story again from another newsletter
    complete = models.BooleanField(default=False)
    moved_at = models.DateTimeField(null=True, blank=True)  # when its last portion was written
    added_since = models.DateTimeField(null=True, blank=True)  # a further portion: who subscribed since then

    def __str__(self) -> str:
        return f"sending of {self.issue_id}"


class Chunk(models.Model):
    """At most a thousand deliveries of one issue, claimed and leased together.

    ``owner`` fences: whoever is no longer the owner can neither mark nor record. The counters are a recount of the
    rows at the moment the last owner let go; between a claim and a release the rows themselves are counted.
    """

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="chunks", db_index=False)
    lane = models.SmallIntegerField(choices=Lane.choices, default=Lane.BULK, db_default=Lane.BULK)
    state = models.SmallIntegerField(choices=ChunkState.choices, default=ChunkState.WAITING)
    owner = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)  # on the database's clock
    claims = models.PositiveSmallIntegerField(default=0)
    size = models.PositiveSmallIntegerField()
    queued = models.PositiveSmallIntegerField()
    wire = models.PositiveSmallIntegerField(default=0)
    accepted = models.PositiveSmallIntegerField(default=0)
    refused = models.PositiveSmallIntegerField(default=0)
    deferred = models.PositiveSmallIntegerField(default=0)
    in_doubt = models.PositiveSmallIntegerField(default=0)
    skipped = models.PositiveSmallIntegerField(default=0)
    expired = models.PositiveSmallIntegerField(default=0)
    cancelled = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)  # the earliest of its deferred deliveries
    first_claimed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)  # when its last owner let go
    rest_until = models.DateTimeField(null=True, blank=True)  # nobody claims it before: nothing of it may go

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["issue", "state", "id"], name="chunk_of_issue"),
            models.Index(fields=["state", "lane", "id"], name="chunk_free"),
            models.Index(fields=["next_attempt_at"], name="chunk_retry"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.pk}"


class Delivery(models.Model):
    """One issue to one reader, with the address and name as they were when the audience was frozen."""

    issue = models.ForeignKey(
        Issue, on_delete=models.PROTECT, related_name="deliveries", db_index=False, db_constraint=False
    )
    chunk = models.ForeignKey(Chunk, on_delete=models.PROTECT, related_name="deliveries", db_constraint=False)
    reader = models.ForeignKey(
        Reader, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=20, blank=True)
    variant = models.CharField(max_length=40, blank=True)  # which rendering of the issue
    state = models.SmallIntegerField(choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.SmallIntegerField(null=True, blank=True)  # the relay's last reply code
    reason = models.CharField(max_length=30, blank=True)  # why it was skipped, or what it is in doubt for
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issue", "reader"], name="delivery_once_a_reader"),
            models.UniqueConstraint(fields=["issue", "address"], name="delivery_once_an_address"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Attempt(models.Model):
    """One try to hand a delivery over, in the relay's own words: append-only."""

    delivery = models.ForeignKey(Delivery, on_delete=models.DO_NOTHING, related_name="tries", db_constraint=False)
    at = models.DateTimeField()
    outcome = models.SmallIntegerField(choices=DeliveryState.choices)
    relay = models.CharField(max_length=255)
    phase = models.CharField(max_length=10)  # connect, mail, rcpt, data, content, answer
    code = models.SmallIntegerField(null=True, blank=True)
    enhanced = models.CharField(max_length=12, blank=True)
    words = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class RefusalRun(models.Model):
    """The refusals of one issue that are alike and stand in a row, counted over all workers; see ``ledger``."""

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    reply = models.CharField(max_length=20)  # code and enhanced code; "" where an acceptance ended a run
    refusals = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"refusals of {self.issue_id}"


class Epoch(models.Model):
    """Which life of the database the leases belong to; a failover or a restore changes it and holds all sending."""

    mark = models.CharField(max_length=100)  # system identifier, timeline, oid of the delivery table
    since = models.DateTimeField()
    confirmed_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.mark


class Presence(models.Model):
    """A worker host or a ticker that lives, and when it was last seen on the database's clock."""

    kind = models.CharField(max_length=10)  # worker, ticker
    place = models.CharField(max_length=255)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "place"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.place}"
