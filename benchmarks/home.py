"""A PostgreSQL and a Valkey of a benchmark's own. Import this first; ``wipe`` ends and removes them.

The database is a test database of the embedded kind with its shipped settings; nothing is shared with a home that
exists already, unless ``DATABASE_URL`` and ``REDIS_URL`` name other servers.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="newsletter-bench-"))
os.environ |= {
    "NEWSLETTER_ENV": "test",
    "NEWSLETTER_HOME": str(FOLDER),
    "DJANGO_SETTINGS_MODULE": "newsletter.settings",
}

from newsletter import embedded  # noqa: E402

embedded.ensure()

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.machine import machine  # noqa: E402


def migrate() -> None:
    """Bring the database to the present tables."""
    call_command("migrate", verbosity=0)


def wipe() -> None:
    """End the servers and remove what they wrote."""
    connection.close()
    embedded.wipe()
    shutil.rmtree(FOLDER, ignore_errors=True)


def report(measured: Iterable[dict[str, object]]) -> None:
    """Print the machine and each measurement as one JSON line, and wipe the home in any case."""
    migrate()
    try:
        print(json.dumps(machine()), flush=True)
        for one in measured:
            print(json.dumps(one), flush=True)
    finally:
        wipe()
