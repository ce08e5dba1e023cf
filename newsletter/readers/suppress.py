"""Addresses never to be mailed, each with its reason, its evidence, and an undo with a name on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from newsletter.readers.address import address_hash, normalise
from newsletter.readers.models import Suppression


def suppress(address: str, *, reason: str, evidence: dict[str, Any] | None = None, by: str, now: datetime) -> bool:
    """Suppress an address everywhere; returns False when it was already suppressed."""
    try:
        with transaction.atomic():
            Suppression.objects.create(
                address_hash=address_hash(normalise(address)),
                reason=reason,
                evidence=evidence or {},
                at=now,
                by=by,
            )
    except IntegrityError:
        return False
    return True


def is_suppressed(address: str) -> bool:
    """Return whether an address must not be mailed; raises ``Invalid`` for what is no address."""
    return Suppression.objects.filter(address_hash=address_hash(normalise(address)), lifted_at=None).exists()


def lift(address: str, *, by: str, now: datetime) -> bool:
    """Undo the suppression of an address in somebody's name; returns whether there was one."""
    in_force = Suppression.objects.filter(address_hash=address_hash(normalise(address)), lifted_at=None)
    return bool(in_force.update(lifted_at=now, lifted_by=by))
