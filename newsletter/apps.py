"""The one Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from newsletter.delivery.cut_off import ask_to_be_let_go


class NewsletterConfig(AppConfig):
    """Gathers every room under one app and one migration history."""

    name = "newsletter"
    label = "newsletter"
    verbose_name = "Newsletter"

    def ready(self) -> None:
        """Every session of the database ends soon after its host is gone."""
        connection_created.connect(ask_to_be_let_go, dispatch_uid="newsletter.cut_off")
