"""A deploy with a migration in the middle of a send (F43)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from tests.delivery.sink import sink
from tests.delivery.stage import make_issue, states
from tests.faults.account import account
from tests.faults.drive import is_sent
from tests.faults.parts import own_parts
from tests.workers.crew import crew, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]
CONNECTIONS = 8
READERS = 6000
SETTINGS = 'from newsletter.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, "next_version"]\n'
MIGRATION = """
from django.db import migrations
TABLES = ("delivery", "chunk", "issue", "attempt", "subscription")
class Migration(migrations.Migration):
    dependencies = [("newsletter", "{last}")]
    operations = [
        *(migrations.RunSQL(f"ALTER TABLE newsletter_{{t}} ADD COLUMN next int NOT NULL DEFAULT 7") for t in TABLES),
        migrations.RunSQL("CREATE INDEX next_version_reader ON newsletter_delivery (reader_id)"),
        migrations.RunSQL("SELECT pg_sleep(2)"),
    ]
"""


def _next_version(folder: Path) -> dict[str, str]:
    """The program with a migration that the running workers do not know; returns its environment."""
    place = folder / "next"
    (place / "next_version" / "migrations").mkdir(parents=True)
    for package in ("next_version", "next_version/migrations"):
        (place / package / "__init__.py").touch()
    last = next(name for app, name in MigrationLoader(None).graph.leaf_nodes() if app == "newsletter")
    (place / "next_version" / "migrations" / "0001_initial.py").write_text(MIGRATION.format(last=last))
    (place / "next_settings.py").write_text(SETTINGS)
    return {"DJANGO_SETTINGS_MODULE": "next_settings", "PYTHONPATH": f"{place}{os.pathsep}{Path.cwd()}"}


def test_a_migration_of_every_table_midway_and_new_workers_behind_it(tmp_path: Path) -> None:
    """The migration holds its locks for two seconds while the old workers send; then new ones take their place.

    The relay is slow until the old ones have ended, so that the new ones find something.
    """
    later = _next_version(tmp_path)
    with own_parts(tmp_path / "own") as parts, sink(tmp_path, delay=0.01) as relay:
        issue = make_issue(readers=READERS, kilobytes=10)
        with crew(relay.port, tmp_path / "worker.log") as start:
            old = start(connections=CONNECTIONS, DATABASE_URL=parts.database_url)
            wait_until(lambda: len(relay.accepted()) >= 500, seconds=60, every=0.01)
            relay.follow(delay=0.5)
            migrate = [sys.executable, "-m", "django", "migrate", "next_version", "--verbosity", "0"]
            subprocess.run(migrate, env={**os.environ, **later, "DATABASE_URL": parts.database_url}, check=True)
            after_the_migration = len(relay.accepted())
            assert old.end() == 0
            at_the_end = len(relay.accepted())
            relay.follow(delay=0.01)
            ended = time.monotonic()
            start(connections=CONNECTIONS, DATABASE_URL=parts.database_url, **later)
            wait_until(lambda: is_sent(issue), seconds=180)
            took = time.monotonic() - ended
        account("F43", "a migration of five tables and new workers midway", issue, relay, recovered=took)
        assert states(issue) == {"accepted": READERS}
    assert 500 <= after_the_migration <= at_the_end < READERS
