"""The disk of PostgreSQL is full in the middle of a sending: nothing is lost, and it goes on with room (F19)."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from newsletter.embedded import postgres
from newsletter.embedded.place import place_of
from newsletter.errors import Unavailable
from newsletter.management.health import examine
from tests.delivery.sink import sink
from tests.delivery.stage import make_issue
from tests.faults.account import account
from tests.faults.drive import sent_by_now
from tests.faults.parts import Parts, own_parts
from tests.workers.crew import crew, wait_until

MEGABYTES = 300
CONNECTIONS = 8
FULL_SECONDS = 25


def _missing() -> str:
    """Say what keeps us from a small disk, "" for nothing."""
    if os.geteuid() != 0:
        return "a small disk needs root"
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return "" if tried.returncode == 0 else "this machine mounts nothing"


pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(_missing()), reason=_missing() or "nothing"),
]


class SmallDisk:
    """Where the database lies."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"

    def fill(self) -> None:
        """Leave not one octet."""
        with self._ballast.open("ab") as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
                file.flush()

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()


@contextmanager
def _small_disk(home: Path) -> Iterator[SmallDisk]:
    place = place_of(home)
    place.make()
    account_ = "" if place.owner is None else f",uid={place.owner.pw_uid},gid={place.owner.pw_gid}"
    options = f"size={MEGABYTES}m,mode=0700{account_}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "newsletter-faults", place.data], check=True)
    try:
        yield SmallDisk(place.data)
    finally:
        subprocess.run(["umount", "--lazy", place.data], check=True)


def _database_words() -> str:
    connection.close()
    part = next(part for part in examine(timezone.now()) if part.name == "database")
    return "" if part.ok else part.detail


def _start_again(parts: Parts) -> None:
    """What a service manager does: a server that went down for want of room is started until it stays."""
    with suppress(Unavailable, DatabaseError):
        if not postgres.answers(parts.place):
            parts.start_database()


def test_a_full_disk_loses_nothing_and_sending_goes_on_with_room(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with (
        _small_disk(tmp_path / "own" / "home") as disk,
        own_parts(tmp_path / "own") as parts,
        sink(tmp_path, delay=0.02) as relay,
        crew(relay.port, log) as start,
    ):
        issue = make_issue(readers=12_000, kilobytes=4)
        start(connections=CONNECTIONS, DATABASE_URL=parts.database_url)
        wait_until(lambda: len(relay.accepted()) >= 1000, seconds=90, every=0.01)
        disk.fill()
        end, told = time.monotonic() + FULL_SECONDS, set()
        while time.monotonic() < end:
            told.add(_database_words())
            time.sleep(1)
        in_the_dark = len(relay.accepted())
        disk.free()
        struck = time.monotonic()
        while not sent_by_now(issue):
            _start_again(parts)
            assert time.monotonic() - struck < 240
            time.sleep(0.5)
        recovered = time.monotonic() - struck
        failures = log.read_text().count("ledger_lost")
        account(
            "F19", f"disk of PostgreSQL full for {FULL_SECONDS} s", issue, relay,
            runs=1, cut=max(1, failures) * CONNECTIONS, recovered=recovered,
            remark=f"{in_the_dark} of 12000 accepted by the end of it",
        )  # fmt: skip
    assert any("The disk of PostgreSQL is full." in one for one in told), told
    assert "code=disk_full" in log.read_text()
    assert "Traceback" not in log.read_text()
