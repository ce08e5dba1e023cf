"""A PostgreSQL and a Valkey of a test's own, to be killed, restored and starved without hurting anybody else."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from django.db import connection
from django.utils import timezone

from newsletter.delivery.rewind import Waiting, confirm, watch
from newsletter.embedded import postgres, valkey
from newsletter.embedded.place import Place, place_of, read_pid
from tests.delivery.stage import database_url


class Parts:
    """The two servers; ``database_url`` and ``redis_url`` are their addresses."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.database_url = postgres.address(place)
        self.redis_url = valkey.address(place)

    @property
    def socket(self) -> Path:
        """The database's socket, for a proxy."""
        return self.place.run / ".s.PGSQL.5432"

    @property
    def cluster(self) -> Path:
        """The data folder."""
        return postgres._cluster(self.place)

    def program(self, name: str) -> Path:
        """A program of PostgreSQL."""
        return postgres._binaries(self.place) / name

    def kill_database(self) -> None:
        """SIGKILL the server and everything it started."""
        pid = read_pid(self.cluster / "postmaster.pid")
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
        _kill([pid, *map(int, children)])

    def start_database(self) -> None:
        """Start it again, through recovery."""
        postgres.start(self.place)

    def kill_redis(self) -> None:
        """SIGKILL."""
        _kill([self.redis_pid])

    def start_redis(self) -> None:
        """Start it again, empty."""
        valkey.start(self.place)

    @property
    def redis_pid(self) -> int:
        """Its process."""
        return read_pid(self.place.data / "valkey.pid")

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """One statement over a connection of its own, in the database ``postgres``."""
        with psycopg.connect(postgres.address(self.place, "postgres"), autocommit=True) as own:
            cursor = own.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def own_parts(folder: Path, *, database: bool = True) -> Iterator[Parts]:
    """Start them, copy the test database over, and let Django's connection point there for the time of the block."""
    place = place_of(folder / "home")
    place.make()
    parts = Parts(place)
    valkey.start(place)
    try:
        if not database:
            yield parts
            return
        postgres.start(place)
        dump = subprocess.run([parts.program("pg_dump"), database_url()], capture_output=True, check=True)
        _load(parts, dump.stdout, "newsletter")
        with at(parts):
            know_this_life()
            yield parts
    finally:
        valkey.stop(place)
        if database:
            parts.kill_database()


def _kill(pids: list[int]) -> None:
    """SIGKILL, and wait until they are gone."""
    for one in pids:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    end = time.monotonic() + 30
    while any(map(_lives, pids)):
        assert time.monotonic() < end, "it did not die"
        time.sleep(0.005)


def _lives(pid: int) -> bool:
    """Whether it is there and no zombie: those wait for whoever adopted them, and hold nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def know_this_life() -> None:
    """A copy of a database is held like every restored dump; this one is a beginning."""
    if watch(timezone.now()):
        confirm(Waiting.SEND, by="a test", now=timezone.now())


def _load(parts: Parts, dump: bytes, name: str) -> None:
    address = postgres.address(parts.place, name)
    load = [parts.program("psql"), "-q", "-v", "ON_ERROR_STOP=1", address]
    subprocess.run(load, input=dump, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def at(parts: Parts, *, host: Path | None = None) -> Iterator[None]:
    """Point Django's connection at these parts."""
    given = connection.settings_dict
    kept = {name: given[name] for name in ("HOST", "NAME")}
    connection.close()
    given["HOST"], given["NAME"] = str(host or parts.place.run), "newsletter"
    try:
        yield
    finally:
        connection.close()
        given.update(kept)
