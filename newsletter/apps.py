"""The one Django app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils import timezone

from newsletter.delivery.cut_off import ask_to_be_let_go
from newsletter.delivery.patience import lend_patience


class NewsletterConfig(AppConfig):
    """Gathers every room under one app and one migration history."""

    name = "newsletter"
    label = "newsletter"
    verbose_name = "Newsletter"

    def ready(self) -> None:
        """Every session of the database ends soon after its host is gone; every dump knows its life."""
        connection_created.connect(ask_to_be_let_go, dispatch_uid="newsletter.cut_off")
        connection_created.connect(lend_patience, dispatch_uid="newsletter.patience")
        post_migrate.connect(_know_this_life, sender=self, dispatch_uid="newsletter.life")


def _know_this_life(**_: Any) -> None:
    """A dump may be taken before any worker ran: what is restored from it has to be held as well."""
    from newsletter.delivery.rewind import watch_if_possible  # tables are loaded only now

    watch_if_possible(timezone.now())
