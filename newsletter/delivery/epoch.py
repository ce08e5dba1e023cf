"""Which life of the database this is. A failover or a restore rewinds what is known; then nothing may be sent.

The mark of a life is the system identifier, the timeline and the oid of the delivery table: a plain restart keeps
it, a promoted replica and a restored dump change it. A copy of the data folder put back in place keeps it, too, and
has to be told by hand (``newsletter database hold``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from newsletter.delivery.models import Epoch
from newsletter.errors import Refused

MARK = (
    "(SELECT system_identifier FROM pg_control_system()) || '.' || "
    "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) || '.' || 'newsletter_delivery'::regclass::oid"
)
HELD = (
    f"EXISTS (SELECT FROM newsletter_epoch e WHERE e.id = (SELECT max(id) FROM newsletter_epoch) "
    f"AND (e.confirmed_by = '' OR e.mark <> ({MARK})))"
)


@dataclass(frozen=True, slots=True)
class Hold:
    """Sending is held since ``since`` until a person confirms."""

    since: datetime


def current_mark() -> str:
    """Return the mark of the life we are in."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {MARK}")
        return str(cursor.fetchone()[0])


def is_held() -> bool:
    """Return whether nothing may be sent: the database is another than the one a person or the first start knew."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {HELD}")
        return bool(cursor.fetchone()[0])


def is_by_hand() -> bool:
    """Return whether a hold began in the life the database was in before: by a person, that is."""
    marks = list(Epoch.objects.order_by("-pk").values_list("mark", flat=True)[:2])
    return marks == [current_mark()] * 2


def check_not_held() -> None:
    """Raise ``Refused`` while sending is held."""
    if is_held():
        raise Refused(
            "Sending is held by hand."
            if is_by_hand()
            else "Sending is held: the database was restored or failed over, so what it knows may be old.",
            code="sending_held",
            where="database",
            fix="Look at `newsletter database`, then `newsletter database confirm`.",
        )
