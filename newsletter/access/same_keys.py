"""All hosts of one service must have the same keys; the database keeps a fingerprint of each to compare with.

A link signed on one host must be read on another, and a suppressed address be found from all of them. The secrets are
at least 32 random characters, so a fingerprint gives nothing away. A link key has a number: hosts may know more or
fewer of them while keys are changed, but one number is one secret. A secret key takes over from one that its host
still knows as an old one; hosts that have only the old one yet are let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F
from django.db.models.functions import Now

from newsletter.access.models import KeyMark
from newsletter.errors import NotFound, Refused

SIGNING_KEY = "SECRET_KEY"
LINK_KEY = "NEWSLETTER_LINK_KEYS "
ADDRESS_KEY = "NEWSLETTER_ADDRESS_KEY"
MARK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Compared:
    """One key: ``here`` is "same", "old" (another host has taken over a new one), "differs" or "missing" (a
    link key only other hosts know)."""

    name: str
    here: str
    since: datetime


def check_keys() -> None:
    """Compare our keys with those of the other hosts and register new ones; raises ``Refused`` when one differs.

    Raises Django's ``DatabaseError`` when there is no database to ask.
    """
    for one in compare_keys():
        if one.here == "differs":
            raise Refused(
                f"{one.name} is not the one that another host registered at {one.since:%Y-%m-%d %H:%M} UTC.",
                code="keys_differ",
                where=one.name.split(" ", maxsplit=1)[0],
                fix="Give every host the same keys (see `newsletter keys`); `newsletter keys accept` after a change.",
            )


def check_keys_if_possible() -> None:
    """The same at the start of a process; a database that is away or still empty keeps nobody from starting."""
    try:
        check_keys()
    except DatabaseError:
        return
    finally:
        connection.close()  # whoever starts becomes another program


def compare_keys() -> list[Compared]:
    """Register what is new and say of every known key how it stands here."""
    ours = _our_marks()
    new = [KeyMark(name=name, mark=mark) for name, mark in ours.items()]
    KeyMark.objects.bulk_create(new, ignore_conflicts=True)  # of two hosts that start at once one is first
    _take_over(ours[SIGNING_KEY])
    return [Compared(row.name, _standing(ours.get(row.name), row), row.since) for row in KeyMark.objects.all()]


def accept_key(name: str) -> None:
    """Make our key the right one; hosts with the old one are refused at their next start."""
    mark = _our_marks().get(name)
    if mark is None:
        raise NotFound(f"This host has no key {name!r}.", where="name", fix="See `newsletter keys`.")
    KeyMark.objects.update_or_create(name=name, defaults={"mark": mark, "before": "", "since": Now()})


def _take_over(mark: str) -> None:
    """Put our secret key in the place of one that we know as an old one: who knows both may change them."""
    old = [_mark(SIGNING_KEY, secret) for secret in settings.SECRET_KEY_FALLBACKS]
    KeyMark.objects.filter(name=SIGNING_KEY, mark__in=old).exclude(before=mark).update(
        before=F("mark"), mark=mark, since=Now()
    )


def _standing(ours: str | None, row: KeyMark) -> str:
    if ours is None:
        return "missing"
    if ours == row.mark:
        return "same"
    return "old" if ours == row.before else "differs"


def _our_marks() -> dict[str, str]:
    keys = {SIGNING_KEY: settings.SECRET_KEY, ADDRESS_KEY: settings.ADDRESS_KEY}
    keys |= {f"{LINK_KEY}{number}": secret for number, secret in settings.LINK_KEYS.items()}
    return {name: _mark(name, secret) for name, secret in keys.items()}


def _mark(name: str, secret: str) -> str:
    return blake2s(f"{name}:{secret}".encode(), digest_size=MARK_BYTES, person=b"keymark").hexdigest()
