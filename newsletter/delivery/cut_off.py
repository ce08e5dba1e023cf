"""How soon the database lets go of a host that was cut off without a word.

Its sessions hold locks: the place of the host, the lock of whoever reconciles, rows. With the kernel's own patience
(two hours of silence) a worker that returns could not take its place again, and nobody else could reconcile. So each
session asks the server to give it up after a minute, which is less than a lease; over a Unix socket this does nothing.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

ASK = (
    "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 4;"
    "SET tcp_user_timeout = '60s'"
)


def ask_to_be_let_go(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Say so in a session that Django has just opened."""
    with connection.cursor() as cursor:
        cursor.execute(ASK)
