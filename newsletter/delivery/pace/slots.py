"""How many connections a relay gets from all workers together: one advisory lock of PostgreSQL each.

Who dies gives its locks back at once, and nobody has to agree with anybody. The locks belong to a session of their
own, opened with the first of them: when that session is gone, so are the slots, and whoever holds connections by them
has to notice (``check``).

Where a relay takes a single connection, issues and letters share it: a letter that finds it taken marks it as wanted,
by another lock, and who sends an issue over it lets go after the message under way.
"""

from __future__ import annotations

import random
import time
from hashlib import blake2s

from newsletter.delivery.line import Line

_STATEMENTS = {
    "take": "SELECT l FROM unnest($1::bigint[]) AS l WHERE pg_try_advisory_lock(l) LIMIT 1",
    "free": "SELECT pg_advisory_unlock($1::bigint)",
    "mark": "SELECT pg_try_advisory_lock($1::bigint)",
    "unmarked": "SELECT CASE WHEN pg_try_advisory_lock_shared($1::bigint) "
    "THEN pg_advisory_unlock_shared($1::bigint) END",
}
WAIT_SECONDS = 15.0  # how long a letter waits for the one connection of a relay
POLL_SECONDS = 0.05  # between two tries of it
ASK_SECONDS = 0.5  # between two looks whether a letter waits
YIELD_SECONDS = 1.0  # so long who let go does not take it again: time for some polls


class Slots:
    """The slots this worker holds, by relay."""

    def __init__(self) -> None:
        self._held: dict[str, list[int]] = {}
        self._line: Line | None = None
        self._ask_at: dict[str, float] = {}  # relay -> second of the next look whether it is wanted
        self._yield_until: dict[str, float] = {}

    def take(self, relay: str, most: int) -> bool:
        """Take one of the ``most`` slots of a relay; False when all are taken or wanted. Raises ``Unavailable``."""
        if time.monotonic() < self._yield_until.get(relay, 0.0):
            return False
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

    def wait(self, relay: str) -> bool:
        """Ask for the only slot of a relay and wait for it; False when it stays taken. Raises ``Unavailable``."""
        end, marked = time.monotonic() + WAIT_SECONDS, False
        try:
            while not self.take(relay, 1):
                if time.monotonic() > end:
                    return False
                marked = marked or self._ask("mark", wanted_lock(relay))
                time.sleep(POLL_SECONDS)
            return True
        finally:
            if marked:
                self._ask("free", wanted_lock(relay))

    def is_wanted(self, relay: str) -> bool:
        """Return whether a letter waits for the only slot of a relay, held here; then this does not take it again soon.

        Asked often it looks every half second. Raises ``Unavailable``.
        """
        now = time.monotonic()
        if now >= self._ask_at.get(relay, 0.0):
            self._ask_at[relay] = now + ASK_SECONDS
            if not self._ask("unmarked", wanted_lock(relay)):
                self._yield_until[relay] = now + YIELD_SECONDS
        return now < self._yield_until.get(relay, 0.0)

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

    def _ask(self, statement: str, lock: int) -> bool:
        return self._line is not None and self._line.ask_and_wait(statement, [b"%d" % lock]).get_value(0, 0) == b"t"


def wanted_lock(relay: str) -> int:
    """Return the lock by which a letter marks the only connection of a relay as wanted."""
    return int.from_bytes(blake2s(relay.encode(), digest_size=8, person=b"wanted").digest(), signed=True)


def slot_locks(relay: str, most: int) -> list[int]:
    """Return the locks that stand for the connections of a relay."""
    return [
        int.from_bytes(blake2s(f"{relay}:{number}".encode(), digest_size=8, person=b"slot").digest(), signed=True)
        for number in range(most)
    ]
