"""Which issue went where: one draft a system and variant, however often it is handed over."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from newsletter.issues.models import Issue
from newsletter.issues.variant_number import variant_number


class Handover(models.Model):
    """A draft of ours in another system. ``remote_id`` is "" while nobody knows whether it was made."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="handovers")
    variant = models.CharField(max_length=40, blank=True)
    system = models.CharField(max_length=30)
    audience = models.CharField(max_length=200)
    remote_id = models.CharField(max_length=100, blank=True)
    address = models.TextField(blank=True)  # where people look at it
    content_hash = models.CharField(max_length=64, blank=True)  # of the rendering handed over last
    by = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)  # somebody is at it

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issue", "variant", "system"], name="handover_once_a_system")
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.issue_id}"

    @property
    def number(self) -> str:
        """The number of the variant."""
        return variant_number(self.variant)
