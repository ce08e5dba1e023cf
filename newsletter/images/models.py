"""The library of images: one row a picture, its files named by their content."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Image(models.Model):
    """One picture as it was taken in, what it shows, whose it is, and how it is cut.

    ``crop`` holds left, top, right and bottom, ``focus`` x and y: fractions of the whole picture from its upper left
    corner. ``renditions`` holds, by place and scale ({"wide": {"1": ..., "2": ...}, "thumb": ...}), {name, width,
    height} of a file. ``names`` are all files it ever had: mail that was sent still shows the old ones.
    """

    sha256 = models.CharField(max_length=64, unique=True)  # of the octets taken in: the same file is taken in once
    master = models.CharField(max_length=40)  # the file everything is cut from
    width = models.PositiveIntegerField()  # of the master, in pixels
    height = models.PositiveIntegerField()
    title = models.CharField(max_length=200)  # what people find it by; the name of the file at first
    alt = models.CharField(max_length=300, blank=True)
    credit = models.CharField(max_length=300, blank=True)
    crop = ArrayField(models.FloatField(), size=4, default=list, blank=True)  # [] = all of it
    focus = ArrayField(models.FloatField(), size=2, default=list, blank=True)  # [] = the middle
    renditions: models.JSONField[Any, Any] = models.JSONField(default=dict)
    names = ArrayField(models.CharField(max_length=40), default=list)
    came_from = models.TextField(blank=True)  # the address it was fetched from; "" = given by a person
    notes = ArrayField(models.CharField(max_length=200), default=list, blank=True)  # what was left out on the way in
    by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(models.F("id").desc(), name="image_newest")]

    def __str__(self) -> str:
        return self.title


class FolderMark(models.Model):
    """What stands in the folder of images that all hosts share; one row."""

    mark = models.CharField(max_length=64)
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.mark
