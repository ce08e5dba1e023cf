"""The one clock of all hosts: what is due, late or expired is told by it, so a wrong clock of a host harms nobody."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the time of the database, in UTC; raises Django's ``DatabaseError`` when it does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
