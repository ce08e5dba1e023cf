"""Which machine the figures below are of."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from django.db import connection


def machine() -> dict[str, object]:
    """Return processor, cores, memory, kernel, versions and how busy others keep the machine now."""
    with connection.cursor() as cursor:
        cursor.execute("show server_version")
        postgresql = str(cursor.fetchone()[0])
    return {
        "machine": _first("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(int(_first("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgresql": postgresql.split()[0],
        "load": round(os.getloadavg()[0], 1),
    }


def _first(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "0"
