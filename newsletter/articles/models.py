"""What we have to say. Columns hold the value in force: an override of a person wins over what was imported."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from newsletter.images.models import Image


def _texts() -> ArrayField[list[str], list[str]]:
    return ArrayField(models.TextField(), default=list, blank=True)


class Article(models.Model):
    """One article, under all its addresses.

    ``available_at`` (the later of first ingestion and embargo) is what windows run on; ``facet_keys`` holds the
    folded ``facet=value`` strings that selectors compile to (see ``articles.facet_keys``).
    """

    identity = models.CharField(max_length=600, unique=True)
    words = models.CharField(
        max_length=600, blank=True, db_index=True
    )  # title and authors, for records without address
    source = models.CharField(max_length=60)
    title = models.TextField()
    title_derived = models.BooleanField(default=False)
    teaser = models.TextField(blank=True)
    authors = _texts()
    type = models.CharField(max_length=120, blank=True)
    blog = models.CharField(max_length=200, blank=True)
    newsletters = _texts()
    center_codes = _texts()
    program_codes = _texts()
    centers = _texts()
    primary_center = models.CharField(max_length=200, blank=True)
    programs = _texts()
    projects = _texts()
    collections = _texts()
    regions = _texts()
    topics = _texts()
    language = models.CharField(max_length=20, blank=True)
    language_derived = models.BooleanField(default=False)
    published_on = models.DateField(null=True, blank=True)  # an unknown day is the first of its month
    published_precision = models.CharField(max_length=5, blank=True)  # "day", "month" or "" (unknown)
    url = models.TextField(blank=True)  # the address readers are sent to; "" = none known
    urls = _texts()  # every address it was seen under
    originally_published_in = models.TextField(blank=True)
    image = models.ForeignKey(  # chosen by a person from the library; wins over what was imported
        Image, null=True, blank=True, on_delete=models.PROTECT, related_name="articles"
    )
    image_url = models.TextField(blank=True)
    image_alt = models.TextField(blank=True)
    image_credit = models.TextField(blank=True)
    image_width = models.PositiveIntegerField(null=True, blank=True)
    image_height = models.PositiveIntegerField(null=True, blank=True)
    weight = models.SmallIntegerField(default=0)  # given by hand: greater stands earlier where sections are ordered so
    warnings = models.JSONField(default=list, blank=True)  # [{code, field, message}]
    overrides = models.JSONField(default=dict, blank=True)  # field -> {value, imported, by, at}
    facet_keys = _texts()
    content_hash = models.CharField(max_length=64)
    modified_at = models.DateTimeField(null=True, blank=True)  # the CMS's own word, when it gives one
    first_ingested_at = models.DateTimeField()
    embargo_until = models.DateTimeField(null=True, blank=True)
    available_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
    renewed_at = models.DateTimeField(null=True, blank=True)  # the last major update that made it new again
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["facet_keys"], name="article_facet_keys", fastupdate=False),
            GinIndex(fields=["urls"], name="article_urls", fastupdate=False),
            models.Index(
                models.F("published_on").desc(nulls_last=True),
                models.F("id").desc(),
                name="article_published",
            ),
            models.Index(models.F("available_at").desc(), models.F("id").desc(), name="article_available"),
        ]

    def __str__(self) -> str:
        return self.title


class ArticleBody(models.Model):
    """The text of an article, kept apart so that lists and selectors never read it."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="body")
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"body of {self.article_id}"
