"""A reader is forgotten: only the keyed hash of the address stays, so that nobody mails it again."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from newsletter.letters.models import Letter
from newsletter.readers.models import Consent, Reader, Subscription
from newsletter.readers.suppress import suppress


@transaction.atomic
def erase(reader_id: int, *, by: str, now: datetime) -> bool:
    """Erase address, name, language, groups and the evidence of consents; returns False when that was done before.

    Subscriptions end, letters that wait are cancelled, and the address is suppressed as "erased". The deliveries of
    past issues are not of this room.
    """
    reader = Reader.objects.select_for_update().filter(pk=reader_id, erased_at=None).first()
    if reader is None:
        return False
    suppress(reader.address, reason="erased", by=by, now=now)
    _forget_letters(reader.address, now)
    Subscription.objects.filter(reader=reader).exclude(state="left").update(state="left", since=now)
    Consent.objects.filter(reader=reader).update(evidence={})
    Reader.objects.filter(pk=reader.pk).update(
        address="",
        address_hash=secrets.token_bytes(32),
        name="",
        language="",
        center="",
        plan=Reader.Plan.PLAIN,
        tags=[],
        erased_at=now,
    )
    return True


def _forget_letters(address: str, now: datetime) -> None:
    letters = Letter.objects.filter(address=address)
    letters.filter(state__in=[Letter.State.QUEUED, Letter.State.DEFERRED]).update(
        state=Letter.State.CANCELLED, finished_at=now
    )
    letters.exclude(state__in=[Letter.State.LEASED, Letter.State.WIRE]).update(
        address="", name="", html="", text="", headers={}, answer=""
    )
