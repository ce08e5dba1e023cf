"""One libpq connection that never blocks: the deliverer waits for it and for its relays in the same loop."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence

from django.db import connection
from psycopg import pq
from psycopg.conninfo import make_conninfo

from newsletter.delivery.cut_off import ASK
from newsletter.delivery.database_away import database_away
from newsletter.delivery.patience import LEDGER_SECONDS
from newsletter.errors import Unavailable

BAD = frozenset({pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE, pq.ExecStatus.NONFATAL_ERROR})
_SESSION = (  # one plan for ever, through indexes only: the statements are fixed and touch few rows each
    b"SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;"
    b"SET enable_mergejoin = off; SET jit = off; SET timezone = 'UTC';" + ASK.encode()
)
Params = Sequence[bytes]


class Line:
    """A connection with prepared statements; one question at a time, each its own transaction."""

    def __init__(self, statements: dict[str, str]) -> None:
        """Connect (this waits, at most ten seconds) and prepare; raises ``Unavailable``."""
        self._pg = pq.PGconn.connect(conninfo().encode())
        if self._pg.status != pq.ConnStatus.OK:
            raise database_away(self._pg.get_error_message())
        self._pg.nonblocking = 1
        self._answer: pq.abc.PGresult | None = None
        self.busy = False
        self._asked_at = 0.0
        self._send(self._pg.send_query, _SESSION)
        self._wait()
        for name, text in statements.items():
            self._send(self._pg.send_prepare, name.encode(), text.encode())
            self._wait()

    def fileno(self) -> int:
        """Return the socket to wait on."""
        return self._pg.socket

    def ask(self, statement: str, params: Params) -> None:
        """Send one prepared statement; its answer comes out of ``hear``."""
        self._send(self._pg.send_query_prepared, statement.encode(), params)

    def is_late(self, now: float) -> bool:
        """Return whether an answer is awaited for longer than makes sense."""
        return self.busy and now - self._asked_at > LEDGER_SECONDS

    def hear(self) -> pq.abc.PGresult | None:
        """Return the answer once it is whole and its commit is known (ReadyForQuery); None before."""
        try:
            self._pg.consume_input()
            while not self._pg.is_busy():
                result = self._pg.get_result()
                if result is None:
                    answer, self._answer, self.busy = self._answer, None, False
                    return answer
                self._check(result)
                self._answer = result
        except Unavailable:
            raise
        except Exception as error:
            raise database_away(str(error)) from error
        return None

    def ask_and_wait(self, statement: str, params: Params) -> pq.abc.PGresult:
        """Send a prepared statement and wait for its answer, not for ever; only outside the loop."""
        self.ask(statement, params)
        return self._wait()

    def check(self) -> None:
        """Raise ``Unavailable`` when an idle session has ended; does not wait."""
        try:
            self._pg.consume_input()
            self._pg.notifies()  # reads on to the end of what came
        except Exception as error:
            raise database_away(str(error)) from error
        if self._pg.status != pq.ConnStatus.OK:
            raise database_away(self._pg.get_error_message())

    def close(self) -> None:
        """End the session; locks it held are free afterwards."""
        self._pg.finish()

    def _send(self, send: Callable[..., None], *question: object) -> None:
        self._asked_at = time.monotonic()
        try:
            send(*question)
            while self._pg.flush():  # a statement is a few kilobytes: the kernel takes it at once
                self._await(select.POLLIN | select.POLLOUT)
        except Unavailable:
            raise
        except Exception as error:  # psycopg raises its own family here; the connection is of no use any more
            raise database_away(str(error)) from error
        self.busy = True

    def _wait(self) -> pq.abc.PGresult:
        while True:
            answer = self.hear()
            if answer is not None:
                return answer
            self._await(select.POLLIN)

    def _await(self, events: int) -> None:
        """Wait for the connection to move; raises ``Unavailable`` when it does not."""
        left = self._asked_at + LEDGER_SECONDS - time.monotonic()
        poll = select.poll()
        poll.register(self.fileno(), events)
        if left <= 0 or not poll.poll(left * 1000):
            raise too_late()

    def _check(self, result: pq.abc.PGresult) -> None:
        if result.status in BAD:
            raise database_away(result.get_error_message())


def conninfo(**instead: object) -> str:
    """Return Django's own connection parameters as conninfo; ``instead`` are others of their names."""
    given = {"connect_timeout": 10, **connection.get_connection_params(), **instead}
    plain = {key: str(value) for key, value in given.items() if isinstance(value, str | int)}
    return make_conninfo("", **{key: plain[key] for key in plain.keys() - _NOT_CONNINFO})


_NOT_CONNINFO = frozenset({"cursor_factory", "context", "prepare_threshold", "client_encoding"})


def too_late() -> Unavailable:
    """Return what is raised when an answer does not come."""
    return database_away(f"no answer within {LEDGER_SECONDS:.0f} seconds")
