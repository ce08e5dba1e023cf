"""What processes use, read from /proc: CPU seconds of whole families and their memory (PSS)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from django.db import connection

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return a process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process and its descendants, those that have ended included."""
    return sum(sum(map(int, fields[11:15])) for one in family(pid) if (fields := _stat(one))) / TICKS


def pss_megabytes(pid: int) -> float:
    """Return the proportional set size of one process, 0 when it is gone (Linux 4.14 and later)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def postmaster() -> int:
    """Return the parent of all processes of the PostgreSQL we are connected to; 0 when it is on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        fields = _stat(int(cursor.fetchone()[0]))
    return int(fields[1]) if fields else 0


def broker() -> int:
    """Return the process of the Redis or Valkey in use; 0 when it is on another machine."""
    number = int(redis.Redis.from_url(os.environ["REDIS_URL"]).info("server")["process_id"])
    return number if _stat(number) else 0


class Peak:
    """The largest PSS of any process of a family while it was watched, in MB."""

    megabytes = 0.0


@contextmanager
def watch(pid: int, *, every_seconds: float = 2.0) -> Iterator[Peak]:
    """Look at the memory of a family from time to time, and once more at the end."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        ended = False
        while not ended:
            ended = over.wait(every_seconds)
            peak.megabytes = max([peak.megabytes, *map(pss_megabytes, family(pid))])

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat behind the name: state, parent, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
