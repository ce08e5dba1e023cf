"""How long a worker waits for a database that took a question and does not answer.

The kernel notices a peer that is gone (``settings.CUT_OFF``), and nobody notices one that hangs: libpq waits for
ever. Who serves many relays in one loop, or reconciles for all, must let go instead; what it held is taken back at
the end of its lease.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

LEDGER_SECONDS = 30.0  # with the time for the last answers of relays this is less than a lease
WORK_SECONDS = 60.0  # for everything else a worker asks
Answer = TypeVar("Answer")
_seconds: ContextVar[float | None] = ContextVar("seconds", default=None)


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Give up each question to Django's connection after so long, in this thread, for the time of the block."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


class PatientConnection(psycopg.Connection[Any]):
    """A connection that ends itself when an answer does not come in time."""

    def wait(self, gen: Generator[Any, Any, Answer], *args: Any, **options: Any) -> Answer:
        """Wait as psycopg does, as long as whoever asks is patient."""
        seconds = _seconds.get()
        return super().wait(gen if seconds is None else self._bounded(gen, seconds), *args, **options)

    def _bounded(self, gen: Generator[Any, Any, Answer], seconds: float) -> Generator[Any, Any, Answer]:
        end = time.monotonic() + seconds
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:  # psycopg looks in ten times a second
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer within {seconds:.0f} seconds")
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]  # what the generator came to


def lend_patience(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Make a connection that Django has just opened patient; Django has no place to name a class of connections."""
    connection.connection.__class__ = PatientConnection
