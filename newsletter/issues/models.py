"""One dated appearance of a newsletter, what stands in it, who approved it and everything that happened to it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter


class Issue(models.Model):
    """One dated appearance of a newsletter. State moves by compare-and-set only (``issues.lifecycle``)."""

    class State(models.TextChoices):
        DRAFT = "draft"
        IN_REVIEW = "in_review"
        APPROVED = "approved"
        SCHEDULED = "scheduled"
        COOLING_OFF = "cooling_off"
        FREEZING = "freezing"
        SENDING = "sending"
        PAUSED = "paused"
        SENT = "sent"
        CANCELLED = "cancelled"
        SKIPPED = "skipped"

    class Kind(models.TextChoices):
        REGULAR = "regular"
        SPECIAL = "special"
        CORRECTION = "correction"

    newsletter = models.ForeignKey(Newsletter, on_delete=models.PROTECT, related_name="issues")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REGULAR)
    slot = models.DateTimeField(null=True, blank=True)  # when the cadence wants it out (UTC); none for a special
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)  # grows with every change of content; no lost updates
    window_from = models.DateTimeField(null=True, blank=True)  # [window_from, window_to) on available_at
    window_to = models.DateTimeField()
    sections = models.JSONField(default=list)  # as assembled: [{title, selector, limit, minimum, order, quota}]
    subject = models.CharField(max_length=300, blank=True)  # "" = the template's own words
    preheader = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)  # the editor's note, plain text
    note_group = models.CharField(max_length=300, blank=True, db_default="")  # who sees the note; "" = everybody
    section_groups = models.JSONField(default=dict, blank=True, db_default={})  # section title -> who sees it
    hold_reason = models.CharField(max_length=300, blank=True)  # thin, late, not approved, broken seal
    pause_reason = models.CharField(max_length=300, blank=True)
    seal = models.CharField(max_length=64, blank=True)  # the hash its approval is bound to
    send_at = models.DateTimeField(null=True, blank=True)
    spread = models.DurationField(null=True, blank=True)  # it goes out over this long; none = as fast as it goes
    cool_off_until = models.DateTimeField(null=True, blank=True)
    sending_at = models.DateTimeField(null=True, blank=True)  # when freezing began: the Date of every message
    frozen_at = models.DateTimeField(null=True, blank=True)  # when its audience was complete and sending began
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # what waits then is not sent any more
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )  # it goes to those who got that issue
    corrected_article = models.ForeignKey(
        Article, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # and there to those whose copy had this article
    assembled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["newsletter", "slot"], name="issue_slot_once")]
        indexes: ClassVar = [
            models.Index(fields=["state", "send_at"], name="issue_due"),
            models.Index(models.F("newsletter"), models.F("slot").desc(), name="issue_of_newsletter"),
        ]

    def __str__(self) -> str:
        return f"issue {self.pk}"


class Pick(models.Model):
    """An article placed in a section of an issue, with its overrides; or dropped from it by a person."""

    class Placement(models.TextChoices):
        CHOSEN = "chosen"
        PINNED = "pinned"
        DROPPED = "dropped"

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="picks")
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="picks")
    placement = models.CharField(max_length=8, choices=Placement.choices, default=Placement.CHOSEN)
    section = models.PositiveSmallIntegerField()  # index into Issue.sections
    position = models.PositiveSmallIntegerField()
    overrides = models.JSONField(default=dict, blank=True)  # headline, teaser, link_text, image
    reason = models.JSONField(default=dict, blank=True)  # why it stands here, as data

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issue", "article"], name="pick_once")]
        ordering: ClassVar = ["section", "position", "id"]

    def __str__(self) -> str:
        return f"pick {self.pk}"


class LeftOut(models.Model):
    """A candidate that is not in the issue, with the reason as data and in words."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="left_out")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=30)
    words = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issue", "article"], name="left_out_once")]

    def __str__(self) -> str:
        return f"{self.reason} {self.article_id}"


class IssueRendering(models.Model):
    """The stored rendering: preview, proof, archive and sending all read this row."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="renderings")
    variant = models.CharField(max_length=40, blank=True)
    issue_version = models.PositiveIntegerField()
    template = models.CharField(max_length=60, blank=True)
    nonce = models.CharField(max_length=40)
    subject = models.TextField()
    preheader = models.TextField(blank=True)
    html = models.TextField()
    text = models.TextField()
    digest = models.JSONField()
    findings = models.JSONField(default=list)
    content_hash = models.CharField(max_length=64)
    milliseconds = models.FloatField(default=0.0)
    rendered_at = models.DateTimeField()
    articles = ArrayField(models.BigIntegerField(), default=list, db_default=[])  # what stands in it
    rule = models.JSONField(default=dict, blank=True, db_default={})  # which readers get it (issues.variants)
    readers = models.PositiveIntegerField(default=0, db_default=0)  # how many when it was planned

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issue", "variant"], name="rendering_variant_once")]
        indexes: ClassVar = [GinIndex(fields=["articles"], name="rendering_articles")]

    def __str__(self) -> str:
        return f"rendering of {self.issue_id}"


class Approval(models.Model):
    """One person's (or the system's) yes, bound to a seal."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="approvals")
    by = models.CharField(max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    seal = models.CharField(max_length=64)
    at = models.DateTimeField()
    broken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issue", "by", "seal"], name="approval_once")]

    def __str__(self) -> str:
        return f"approval of {self.issue_id}"


class FindingOverride(models.Model):
    """One person's word that an issue may go out although a rule found errors; bound to the bytes it was given for."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="finding_overrides")
    rule = models.CharField(max_length=40)
    content = models.CharField(max_length=64)  # SHA-256 over every variant
    by = models.CharField(max_length=300)
    because = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issue", "rule", "content"], name="finding_override_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule} of {self.issue_id}"


class HistoryEntry(models.Model):
    """Who did what to an issue, and when: append-only."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="history")
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    act = models.CharField(max_length=30)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["issue", "id"], name="history_of_issue")]

    def __str__(self) -> str:
        return f"{self.act} at {self.at}"


class LockedFile(models.Model):
    """One text that a lock holds, kept once however many locks hold it: zlib-compressed, under its own SHA-256."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    octets = models.BinaryField()

    def __str__(self) -> str:
        return self.sha256


class IssueLock(models.Model):
    """Everything an approved issue was made of and what came of it, by SHA-256 (``issues.lock``); never changed."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="locks")
    seal = models.CharField(max_length=64)
    manifest = models.JSONField()  # {form, inputs, templates, catalogues, libraries, site, renderings}
    digest = models.CharField(max_length=64)  # SHA-256 over the manifest
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issue", "seal"], name="lock_once_a_seal")]

    def __str__(self) -> str:
        return f"lock of {self.issue_id}"
