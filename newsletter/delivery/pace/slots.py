"""How many connections a relay gets from all workers together: one advisory lock of PostgreSQL each.

Who dies gives its locks back at once, and nobody has to agree with anybody. The locks belong to a session of their
own, opened with the first of them: when that session is gone, so are the slots, and whoever holds connections by them
has to notice (``check``).
"""

from __future__ import annotations

import random
from hashlib import blake2s

from newsletter.delivery.line import Line

_STATEMENTS = {
    "take": "SELECT l FROM unnest($1::bigint[]) AS l WHERE pg_try_advisory_lock(l) LIMIT 1",
    "free": "SELECT pg_advisory_unlock($1::bigint)",
}


class Slots:
    """The slots this worker holds, by relay."""

    def __init__(self) -> None:
        self._held: dict[str, list[int]] = {}
        self._line: Line | None = None

    def take(self, relay: str, most: int) -> bool:
        """Take one of the ``most`` slots of a relay; False when all are taken. Raises ``Unavailable``."""
        held = self._held.setdefault(relay, [])
        free = [lock for lock in slot_locks(relay, most) if lock not in held]
        random.shuffle(free)
        if self._line is None:
            self._line = Line(_STATEMENTS)
        answer = self._line.ask_and_wait("take", [b"{%b}" % b",".join(b"%d" % lock for lock in free)])
        if not answer.ntuples:
            return False
        held.append(int(answer.get_value(0, 0) or b""))
        return True

    def free(self, relay: str) -> None:
        """Give one slot back; raises ``Unavailable``."""
        held = self._held.get(relay)
        if held and self._line is not None:
            self._line.ask_and_wait("free", [b"%d" % held.pop()])

    def check(self) -> None:
        """Raise ``Unavailable`` when the session that holds the slots is gone: others may have taken them."""
        if self._line is not None:
            self._line.check()

    def close(self) -> None:
        """Give every slot back; raises ``Unavailable``."""
        try:
            for relay in self._held:
                while self._held[relay]:
                    self.free(relay)
        finally:
            self._held.clear()
            if self._line is not None:
                self._line.close()
                self._line = None


def slot_locks(relay: str, most: int) -> list[int]:
    """Return the locks that stand for the connections of a relay."""
    return [
        int.from_bytes(blake2s(f"{relay}:{number}".encode(), digest_size=8, person=b"slot").digest(), signed=True)
        for number in range(most)
    ]
