"""Which keys sign for whom."""

from __future__ import annotations

from django.conf import settings

from newsletter.catalogue.models import Sender
from newsletter.delivery.dkim.keys import Key, domain_of


def keys_of(sender: Sender) -> tuple[Key, ...]:
    """Return the keys of the domain in the sender's address; none when mail of that domain is not signed here."""
    ring: dict[str, tuple[Key, ...]] = settings.DKIM_KEYS
    try:
        return ring.get(domain_of(sender.address), ())
    except UnicodeError:
        return ()


def unsigned(senders: list[Sender]) -> list[str]:
    """Return the domains of senders that have no key, sorted."""
    return sorted({sender.address.rpartition("@")[2].lower() for sender in senders if not keys_of(sender)})
