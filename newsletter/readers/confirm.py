"""The yes of double opt-in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from newsletter.errors import Invalid
from newsletter.links.sign import read
from newsletter.readers.models import Consent, Reader, Subscription, Suppression

VALID = timedelta(days=7)


def confirm(token: str, *, now: datetime, evidence: dict[str, Any]) -> Subscription:
    """Make the subscription that ``token`` asks about active and keep the proof; returns it.

    Raises ``Invalid`` for a link that is not ours, is older than a week, was used, or was overtaken by leaving.
    """
    (consent_id,) = read("confirm", token)
    with transaction.atomic():
        asked = Consent.objects.filter(pk=consent_id, act="asked").first()
        if asked is None or now - asked.at > VALID:
            raise _stale()
        Reader.objects.select_for_update().get(pk=asked.reader_id)  # two clicks take turns
        later = Consent.objects.filter(reader=asked.reader_id, newsletter=asked.newsletter_id, pk__gt=asked.pk)
        if later.exclude(act="asked").exists() or _suppressed(asked.reader):
            raise _stale()
        held = Subscription.objects.filter(reader=asked.reader_id, newsletter=asked.newsletter_id)
        held.update(state=Subscription.State.ACTIVE, since=now)
        Consent.objects.create(
            reader=asked.reader,
            newsletter=asked.newsletter,
            act="confirmed",
            at=now,
            by="reader",
            evidence={**evidence, "asked": asked.pk},
        )
        return held.get()


def _suppressed(reader: Reader) -> bool:
    return Suppression.objects.filter(address_hash=reader.address_hash, lifted_at=None).exists()


def _stale() -> Invalid:
    return Invalid("This link was used or is too old.", where="link", fix="Ask for the newsletter again.")
