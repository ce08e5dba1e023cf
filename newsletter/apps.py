"""The one Django app."""

from __future__ import annotations

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Gathers every room under one app and one migration history."""

    name = "newsletter"
    label = "newsletter"
    verbose_name = "Newsletter"
