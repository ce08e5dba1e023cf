"""A short look at PostgreSQL that ends in time even when it hangs: is it there, does it write, how fast is a commit?"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg
from django.db import OperationalError, connection
from psycopg import pq

from newsletter.delivery.line import BAD

PATIENCE_SECONDS = 5.0
_STATE = b"SELECT version(), current_setting('synchronous_commit'), current_setting('fsync')"
_FILL = (  # eight megabytes, gone at once: a full disk is only known by whoever wants some of it
    b"SET statement_timeout = '5s'; BEGIN; CREATE TEMP TABLE newsletter_doctor ON COMMIT DROP AS "
    b"SELECT repeat(md5(n::text), 30) FROM generate_series(1, 8000) AS g (n); ROLLBACK"
)
_COMMIT = b"SELECT pg_logical_emit_message(true, 'newsletter', 'doctor')"
_DEADLOCKS = b"SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Probed:
    """What PostgreSQL said: its version, two settings that must be on, milliseconds of one commit, deadlocks ever."""

    version: str
    synchronous_commit: str
    fsync: str
    commit_milliseconds: float
    deadlocks: int


def probe_database() -> Probed:
    """Ask over a session of our own, also for some disk and a commit; raises Django's ``OperationalError``.

    It does so at the latest after about ten seconds.
    """
    with _session() as session:
        end = time.monotonic() + PATIENCE_SECONDS
        version, commit, fsync = _ask(session, _STATE, end)
        _ask(session, _FILL, end)
        begun = time.monotonic()
        _ask(session, _COMMIT, end)
        took = (time.monotonic() - begun) * 1000
        (deadlocks,) = _ask(session, _DEADLOCKS, end)
    return Probed(version, commit, fsync, took, int(deadlocks or 0))


def is_answering() -> bool:
    """Return whether the database answers a question, whatever else is wrong with it; takes as long at most."""
    try:
        with _session() as session:
            _ask(session, _STATE, time.monotonic() + PATIENCE_SECONDS)
    except OperationalError:
        return False
    return True


@contextmanager
def _session() -> Iterator[pq.abc.PGconn]:
    """Connect as psycopg does: libpq by itself would hold up every thread of the process until it has an answer."""
    given = {**connection.get_connection_params(), "connect_timeout": int(PATIENCE_SECONDS), "autocommit": True}
    try:
        with closing(psycopg.connect(**given)) as session:
            yield session.pgconn
    except psycopg.Error as error:
        raise OperationalError(str(error)) from error


def _ask(session: pq.abc.PGconn, sql: bytes, end: float) -> tuple[str, ...]:
    """Return the first row of the answer."""
    session.send_query(sql)
    row: tuple[str, ...] = ()
    while True:
        while session.is_busy():
            if not select.select([session.socket], [], [], max(0.0, end - time.monotonic()))[0]:
                raise OperationalError("timeout expired")
            session.consume_input()
        result = session.get_result()
        if result is None:
            return row
        if result.status in BAD:
            raise OperationalError(result.get_error_message())
        if result.ntuples:
            row = tuple((result.get_value(0, column) or b"").decode() for column in range(result.nfields))
