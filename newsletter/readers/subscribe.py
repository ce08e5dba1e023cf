"""Somebody asks for a newsletter: nothing is sent to them but one letter that asks back (double opt-in)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext, override

from newsletter.catalogue.models import Newsletter
from newsletter.letters.models import Letter
from newsletter.letters.write import write
from newsletter.links import addresses
from newsletter.readers.address import address_hash, normalise
from newsletter.readers.confirm import VALID
from newsletter.readers.models import Consent, Reader, Subscription, Suppression

KIND = "confirmation"
PAUSE = timedelta(minutes=15)  # between two confirmation letters to one address
MOST_A_DAY = 3


def subscribe(
    address: str, *, newsletter: Newsletter, name: str = "", language: str = "", now: datetime, evidence: dict[str, Any]
) -> Letter | None:
    """Note that somebody asked, and write the letter that asks back; only its link subscribes.

    Returns the letter, or None where none is due: a suppressed address, a subscription that stands, too many asked
    already. The door answers the same in every case. ``evidence`` holds form, wording version and network address.
    Raises ``Invalid`` for what is no address.
    """
    address = normalise(address)
    digest = address_hash(address)
    with transaction.atomic():
        _one_at_a_time(digest)
        if Suppression.objects.filter(address_hash=digest, lifted_at=None).exists() or _too_many(address, now):
            return None
        reader, _ = Reader.objects.get_or_create(
            address_hash=digest, defaults={"address": address, "name": name, "language": language, "created_at": now}
        )
        subscription, _ = Subscription.objects.get_or_create(
            reader=reader, newsletter=newsletter, defaults={"state": Subscription.State.PENDING, "since": now}
        )
        if subscription.state not in (Subscription.State.PENDING, Subscription.State.LEFT):
            return None
        asked = Consent.objects.create(
            reader=reader, newsletter=newsletter, act="asked", at=now, by="reader", evidence=evidence
        )
        return _letter(asked, newsletter, address, now)


def _one_at_a_time(digest: bytes) -> None:
    """Let those who ask for one address at the same time take turns."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)])


def _too_many(address: str, now: datetime) -> bool:
    written = Letter.objects.filter(kind=KIND, address=address, written_at__gt=now - timedelta(days=1))
    return written.filter(written_at__gt=now - PAUSE).exists() or written.count() >= MOST_A_DAY


def _letter(asked: Consent, newsletter: Newsletter, address: str, now: datetime) -> Letter:
    """Write the letter: it names the newsletter and nothing that came from the form."""
    with override(newsletter.language):
        subject = gettext("Please confirm: %(title)s") % {"title": newsletter.title}
        text = gettext(
            "You (or somebody else) asked that we send you %(title)s.\n\n"
            "To confirm, open this page and press the button:\n%(link)s\n\n"
            "If it was not you, do nothing: you will get no further mail."
        ) % {"title": newsletter.title, "link": addresses.confirm(asked.pk)}
    sender = newsletter.sender
    return write(
        KIND,
        key=f"{KIND}:{asked.pk}",
        sender=sender,
        address=address,
        subject=subject,
        text=f"{text}\n\n--\n{sender.name}\n{sender.postal_address}\n",
        now=now,
        expires_at=now + VALID,
    )
