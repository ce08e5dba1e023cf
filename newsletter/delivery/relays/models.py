"""Relays as data, how fast recipient domains may get mail, and what was found out about both.

Names and passwords for relays are never here: they come from the environment (``settings.RELAY_LOGINS``).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class StandingRelay(models.Model):
    """One relay as its file defines it. Without any, the relay of ``NEWSLETTER_SMTP_URL`` is the only one."""

    code = models.CharField(max_length=60, unique=True)
    transport = models.CharField(max_length=20, default="smtp")
    address = models.CharField(max_length=500, blank=True)  # smtp://host:port?tls=..., without name and password
    active = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(default=1)  # those with a higher number wait until all below are away
    weight = models.PositiveSmallIntegerField(default=1)  # its share; 0 = only mail of senders that name it
    connections = models.PositiveIntegerField(default=0)  # over all workers; 0 = no bound of its own
    per_connection = models.PositiveIntegerField(default=0)  # messages before a connection is closed; 0 = any number
    rate = models.CharField(max_length=20, blank=True)  # "100/s", "20/m", "500/h"; "" = as fast as it goes
    per_day = models.PositiveIntegerField(default=0)  # messages a day (UTC); 0 = any number
    warm_up = models.JSONField(default=dict, blank=True)  # {begins, first, growth, days}

    class Meta:
        ordering: ClassVar = ["priority", "code"]

    def __str__(self) -> str:
        return self.code


class DomainPace(models.Model):
    """How fast one recipient domain may get mail over all relays; the domain ``*`` is each one not listed."""

    domain = models.CharField(max_length=255, unique=True)
    rate = models.CharField(max_length=20)

    class Meta:
        ordering: ClassVar = ["domain"]

    def __str__(self) -> str:
        return self.domain


class RelayTrouble(models.Model):
    """A relay that is set aside: why, since when, and when it is tried again. The row goes when it is back."""

    relay = models.CharField(max_length=60, unique=True)
    words = models.CharField(max_length=500)
    since = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.relay


class RelayBreak(models.Model):
    """A relay that ended connections in the middle, and what it said: no trouble, for what waits goes over new ones."""

    relay = models.CharField(max_length=60, unique=True)
    words = models.CharField(max_length=500)  # of the last time
    number = models.PositiveIntegerField(default=0)  # since ``first_at``; it begins again after an hour of quiet
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.relay


class SlowedDomain(models.Model):
    """A recipient domain whose relays said "later" so often that it is mailed more slowly for a while."""

    domain = models.CharField(max_length=255, unique=True)
    per_second = models.FloatField()  # at ``changed_at``; it recovers from there (``pace.slow``)
    words = models.CharField(max_length=500)
    since = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.domain


class Bucket(models.Model):
    """The tokens of one limit: the book all workers draw from. ``day`` and ``used`` count for caps a day (UTC)."""

    name = models.CharField(max_length=300, primary_key=True)  # relay:code, domain:example.org, issue:17
    tokens = models.FloatField()
    at = models.DateTimeField()
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
