"""Wake-ups: "there is work". They may be lost, doubled or late; the database knows what is due."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string


class Wake(Protocol):
    """Tells the hands that there is work. Never raises, never waits longer than a few seconds."""

    def freeze(self, issue_id: int) -> None:
        """An audience waits to be frozen."""
        ...

    def deliver(self, issue_id: int) -> None:
        """Chunks wait."""
        ...

    def letters(self) -> None:
        """Letters wait."""
        ...


class Silence:
    """Wakes nobody: the pump of every worker finds the work by itself."""

    def freeze(self, issue_id: int) -> None:
        """Do nothing."""

    def deliver(self, issue_id: int) -> None:
        """Do nothing."""

    def letters(self) -> None:
        """Do nothing."""


@cache
def wake() -> Wake:
    """Return the way of waking that ``settings.WAKE`` names."""
    chosen: Wake = import_string(settings.WAKE)()
    return chosen


def wake_freeze(issue_id: int) -> None:
    """Wake for a freeze once the transaction under way is committed."""
    transaction.on_commit(lambda: wake().freeze(issue_id))


def wake_deliver(issue_id: int) -> None:
    """Wake for a delivery once the transaction under way is committed."""
    transaction.on_commit(lambda: wake().deliver(issue_id))


def wake_letters() -> None:
    """Wake for letters once the transaction under way is committed."""
    transaction.on_commit(lambda: wake().letters())
