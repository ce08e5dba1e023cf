"""Outside production nobody gets mail by accident: the mail catcher takes all, a real relay needs a safe list."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from newsletter.delivery.relays.models import StandingRelay
from newsletter.errors import Refused


def check_may_send() -> None:
    """Raise ``Refused`` when this environment may not send at all."""
    if _reaches_people() and not settings.SAFE_LIST:
        raise Refused(
            "Outside production a relay is used only with a safe list, and none is set.",
            code="no_safe_list",
            where="NEWSLETTER_SAFE_LIST",
            fix="List the addresses or @domains that may get mail, or * for all; or unset NEWSLETTER_SMTP_URL.",
        )


def may_go(address: str) -> bool:
    """Return whether this environment may mail this address."""
    return gate()(address)


def gate() -> Callable[[str], bool]:
    """Return ``may_go`` with the settings read once: for those who ask for every reader."""
    if not _reaches_people() or "*" in settings.SAFE_LIST:
        return lambda _address: True
    listed = {entry.lower() for entry in settings.SAFE_LIST}

    def listed_or_not(address: str) -> bool:
        folded = address.lower()
        return folded in listed or "@" + folded.rpartition("@")[2] in listed

    return listed_or_not


def _reaches_people() -> bool:
    if settings.PRODUCTION:
        return False  # there the audience is the rule, not a list
    if settings.TRANSPORT != "smtp":
        return settings.TRANSPORT == "anymail"
    return bool(settings.SMTP_URL) or StandingRelay.objects.filter(active=True).exists()
