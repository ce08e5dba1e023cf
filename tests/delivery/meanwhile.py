"""Two at once, one of whom has to wait for the other in the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from tests.delivery.stage import database_url
from tests.workers.crew import wait_until


@contextmanager
def held_up(verb: Callable[[], Any]) -> Iterator[list[Any]]:
    """Call ``verb`` beside the body, which begins once it waits for a lock of ours; what it returned comes after it.

    An exception of it is what it returned. Whoever holds the lock has to let it go in the body.
    """
    said: list[Any] = []
    thread = threading.Thread(target=_call, args=(verb, said))
    with psycopg.connect(database_url(), autocommit=True) as own:
        thread.start()
        wait_until(lambda: bool(said) or _waits(own), seconds=10, every=0.02)
        yield said
    thread.join()


def _call(verb: Callable[[], Any], said: list[Any]) -> None:
    try:
        said.append(verb())
    except Exception as error:
        said.append(error)
    finally:
        connection.close()


def _waits(own: psycopg.Connection) -> bool:
    found = own.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    ).fetchone()
    return found is not None and bool(found[0])
