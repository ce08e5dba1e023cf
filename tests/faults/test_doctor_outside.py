"""The doctor's words for faults that take more than pip can install: a small file system, another clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.delivery.stage import database_url
from tests.faults.parts import Parts, own_parts
from tests.management.told import check, is_told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Parts]:
    with own_parts(tmp_path / "own") as parts:
        yield parts


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="a small file system takes root")
def test_f19_the_disk_of_postgresql_is_full(database: Parts, tmp_path: Path) -> None:
    small = database.place.data / "small"
    database.place.command(["mkdir", "-m", "700", small])
    owner = database.place.owner
    options = f"size=2m,mode=700,uid={owner.pw_uid},gid={owner.pw_gid}" if owner else "size=2m"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", small], check=False).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        database.ask(f"CREATE TABLESPACE small LOCATION '{small}'")
        database.ask("ALTER DATABASE newsletter SET temp_tablespaces = 'small'")
        connection.close()
        check("F19", "database")
        database.ask("ALTER DATABASE newsletter RESET temp_tablespaces")
    finally:
        database.kill_database()
        subprocess.run(["umount", "--lazy", small], check=True)


@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is not installed")
@pytest.mark.parametrize("skew", ["+2h", "-2h"])
def test_f32_the_clock_of_this_host_is_wrong(skew: str) -> None:
    done = subprocess.run(
        ["faketime", "-f", skew, sys.executable, "-m", "newsletter", "doctor"],
        env={**os.environ, "DATABASE_URL": database_url()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert is_told("F32", " ".join(done.stdout.split())), done.stdout + done.stderr
