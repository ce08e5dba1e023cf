"""What we publish: standing titles, their sections, who signs them and how each center looks."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

WEEK = timedelta(days=7)


class Sender(models.Model):
    """Who a newsletter comes from: the From address, the return path's domain, the postal address."""

    name = models.CharField(max_length=200)
    address = models.EmailField(max_length=320)
    reply_to = models.EmailField(max_length=320, blank=True)
    bounce_domain = models.CharField(max_length=255)
    postal_address = models.CharField(max_length=500)
    list_id = models.CharField(max_length=255)
    relay = models.CharField(max_length=60, blank=True, db_default="")  # the relay its mail takes; "" = any

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """How a center looks, as data: name, colours, logos, fonts, disclaimer. ``design`` is the loaded table."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    design = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.code


class Template(models.Model):
    """A digest template of the newsroom's own; ``version`` grows whenever it is kept anew."""

    name = models.CharField(max_length=40, unique=True)
    mjml = models.TextField()
    text = models.TextField(blank=True)  # "" = the text part of classic
    version = models.PositiveIntegerField(default=1)
    kept_by = models.CharField(max_length=200)
    kept_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Author(models.Model):
    """What bylines say of an author beside the name: the page, and the center in each language."""

    name = models.CharField(max_length=200)
    folded = models.CharField(max_length=200, unique=True)  # the name as names are compared
    page = models.TextField(blank=True)
    affiliation = models.JSONField(default=dict, blank=True)  # language -> words

    def __str__(self) -> str:
        return self.name


class Newsletter(models.Model):
    """A standing title with a code, a language and a cadence."""

    class Approval(models.TextChoices):
        PERSON = "person"
        AUTOMATIC = "automatic"

    class Thin(models.TextChoices):
        HOLD = "hold"
        SKIP = "skip"
        SEND = "send"

    class Tracking(models.TextChoices):
        OFF = "off"
        ANONYMOUS = "anonymous"
        INDIVIDUAL = "individual"

    class Repeats(models.TextChoices):
        SEND = "send"  # a story goes to whoever reads this newsletter
        REPLACE = "replace"  # who has it from another newsletter gets the next candidate instead
        MENTION = "mention"  # who has it from another newsletter is told where

    class InDoubt(models.TextChoices):
        KEEP = "keep"  # what may have arrived is not sent again, unless a person says so
        RESEND = "resend"  # it is sent again with the same Message-ID

    code = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    language = models.CharField(max_length=20, default="en")
    zone = models.CharField(max_length=60, default="UTC")
    template = models.CharField(max_length=60, default="classic")
    brand = models.CharField(max_length=60, blank=True)  # a Brand's code; its own look is a neutral default
    byline = models.JSONField(default=dict, blank=True)  # the [byline] table; what it leaves out is the standard
    # cadence: weekdays + at, or a five-field cron expression, in `zone`
    weekdays = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    at = models.CharField(max_length=5, blank=True)
    cron = models.CharField(max_length=100, blank=True)
    draft_lead = models.DurationField()
    cut_off = models.DurationField()
    # policy
    approval = models.CharField(max_length=10, choices=Approval.choices, default=Approval.PERSON)
    approvers = models.PositiveSmallIntegerField(default=1)
    thin = models.CharField(max_length=10, choices=Thin.choices, default=Thin.HOLD)
    late = models.DurationField()
    stale = models.DurationField(null=True, blank=True)  # an issue whose newest article is older is held; none = never
    tracking = models.CharField(max_length=10, choices=Tracking.choices, default=Tracking.OFF)
    overridable = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, db_default=[]
    )  # rules a person may overrule
    repeats = models.CharField(max_length=8, choices=Repeats.choices, default=Repeats.SEND, db_default=Repeats.SEND)
    repeats_within = models.DurationField(default=WEEK, db_default=WEEK)  # how long a story counts as read elsewhere
    expires = models.DurationField(null=True, blank=True)  # after its sending; none = never
    in_doubt = models.CharField(max_length=6, choices=InDoubt.choices, default=InDoubt.KEEP, db_default=InDoubt.KEEP)
    interests = ArrayField(models.CharField(max_length=60), default=list, blank=True, db_default=[])  # tags to tick
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="newsletters")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("code"), name="newsletter_code_folded")]
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.code


class Section(models.Model):
    """One part of a newsletter: the selector that fills it and the limits around it."""

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    selector = models.TextField()
    limit = models.PositiveSmallIntegerField(default=10)
    minimum = models.PositiveSmallIntegerField(default=0)
    order = models.CharField(max_length=20, default="newest")
    quota = models.JSONField(default=dict, blank=True)  # facet name -> the most articles one value may have
    group = models.CharField(max_length=300, blank=True, db_default="")  # who sees it; "" = everybody

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["newsletter", "position"], name="section_position_once")
        ]
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.title


class BannedPhrase(models.Model):
    """Words that the newsroom does not want to see in an issue, and what it writes instead ("" = leave them out)."""

    words = models.CharField(max_length=200)
    instead = models.CharField(max_length=200, blank=True)
    added_by = models.CharField(max_length=200)
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("words"), name="banned_phrase_once")]
        ordering: ClassVar = [Lower("words")]

    def __str__(self) -> str:
        return self.words
