"""How many connections a relay gets from all workers together: one advisory lock of PostgreSQL each.

Who dies gives its locks back at once, and nobody has to agree with anybody.
"""

from __future__ import annotations

import random
from hashlib import blake2s
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection

from newsletter.errors import Unavailable


class Slots:
    """The slots this worker holds, by relay. They belong to its database session."""

    def __init__(self) -> None:
        self._held: dict[str, list[int]] = {}

    def take(self, relay: str, most: int) -> bool:
        """Take one of the ``most`` slots of a relay; False when all are taken. Raises ``Unavailable``."""
        held = self._held.setdefault(relay, [])
        free = [lock for lock in slot_locks(relay, most) if lock not in held]
        random.shuffle(free)
        row = _asked("SELECT l FROM unnest(%s::bigint[]) AS l WHERE pg_try_advisory_lock(l) LIMIT 1", [free])
        if row is None:
            return False
        held.append(int(row[0]))
        return True

    def free(self, relay: str) -> None:
        """Give one slot back; raises ``Unavailable``."""
        held = self._held.get(relay)
        if held:
            _asked("SELECT pg_advisory_unlock(%s)", [held.pop()])

    def close(self) -> None:
        """Give every slot back; raises ``Unavailable``."""
        for relay in self._held:
            while self._held[relay]:
                self.free(relay)


def slot_locks(relay: str, most: int) -> list[int]:
    """Return the locks that stand for the connections of a relay."""
    return [
        int.from_bytes(blake2s(f"{relay}:{number}".encode(), digest_size=8, person=b"slot").digest(), signed=True)
        for number in range(most)
    ]


def _asked(statement: str, values: list[Any]) -> tuple[Any, ...] | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    except DatabaseError as error:
        raise Unavailable(f"The database does not answer: {error}", where="DATABASE_URL") from None
