"""A PostgreSQL and a Valkey that hosts reach over TCP with a password."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connection

from newsletter.embedded import postgres, valkey
from newsletter.embedded.place import Place, place_of
from tests.delivery.stage import database_url
from tests.faults.net import Net, Station
from tests.faults.parts import know_this_life


@dataclass(frozen=True, slots=True)
class Reachable:
    """Where the two listen, and their password."""

    address: str
    broker_port: int
    password: str

    def urls(self, host: Station) -> tuple[str, str]:
        """The two addresses as a host reaches them: all that it is told of the others."""
        database, broker = (":".join(map(str, host.through(self.address, one))) for one in (5432, self.broker_port))
        return f"postgresql://newsletter:{self.password}@{database}/newsletter", f"redis://:{self.password}@{broker}/0"


@contextmanager
def reachable(folder: Path, net: Net) -> Iterator[Reachable]:
    """Run both on the bridge, with a copy of the test database; Django's own connection points there meanwhile."""
    place = place_of(folder / "home")
    place.make()
    password = secrets.token_urlsafe(24)
    postgres.start(place)
    try:
        _copy_tables(place)
        _open_database(place, net, password)
        with _broker(place, net, password) as port, _here(place):
            know_this_life()
            yield Reachable(net.address, port, password)
    finally:
        postgres.stop(place)
        for folder in (place.data, place.run):
            shutil.rmtree(folder, ignore_errors=True)


def _copy_tables(place: Place) -> None:
    tools = postgres._binaries(place)
    dump = subprocess.run([tools / "pg_dump", database_url()], capture_output=True, check=True).stdout
    load = [tools / "psql", "-q", "-v", "ON_ERROR_STOP=1", postgres.address(place)]
    subprocess.run(load, input=dump, stdout=subprocess.DEVNULL, check=True)


def _open_database(place: Place, net: Net, password: str) -> None:
    """Listen on the bridge; known by password there, as at any operator's."""
    with psycopg.connect(postgres.address(place, "postgres"), autocommit=True) as own:
        own.execute(f"ALTER SYSTEM SET listen_addresses = '{net.address}'".encode())
        own.execute(f"ALTER ROLE newsletter PASSWORD '{password}'".encode())
    rules = (postgres._cluster(place) / "pg_hba.conf").read_text()
    place.write(postgres._cluster(place) / "pg_hba.conf", f"{rules}host all newsletter {net.network} scram-sha-256\n")
    place.command(
        [
            *(postgres._binaries(place) / "pg_ctl", "restart", "-D", postgres._cluster(place), "-w", "-m", "fast"),
            *("-l", place.data / "postgres.log"),
        ]
    )


@contextmanager
def _broker(place: Place, net: Net, password: str) -> Iterator[int]:
    port = 6379
    place.command(
        [
            *(valkey._program(place), "--bind", net.address, "--port", str(port), "--requirepass", password),
            *("--save", "", "--daemonize", "yes", "--dir", place.data, "--pidfile", place.data / "bridge.pid"),
            *("--logfile", place.data / "bridge.log"),
        ]
    )
    try:
        yield port
    finally:
        os.kill(int((place.data / "bridge.pid").read_text()), signal.SIGTERM)


@contextmanager
def _here(place: Place) -> Iterator[None]:
    given = connection.settings_dict
    kept = {name: given[name] for name in ("HOST", "NAME")}
    connection.close()
    given["HOST"], given["NAME"] = str(place.run), "newsletter"
    try:
        yield
    finally:
        connection.close()
        given.update(kept)
