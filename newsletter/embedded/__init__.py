"""The parts a laptop lacks, started on demand: PostgreSQL, Valkey and a mail catcher.

Only addresses leave this room: ``ensure`` sets DATABASE_URL and REDIS_URL where they are missing. The servers stay
up until ``down`` for the same NEWSLETTER_HOME, whatever happens to the process that started them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsletter.embedded import mailbox, postgres, valkey
from newsletter.embedded.place import Place, place_of
from newsletter.errors import Refused


def home() -> Path:
    """Return the folder NEWSLETTER_HOME names, ``.newsletter`` here by default."""
    return Path(os.environ.get("NEWSLETTER_HOME") or ".newsletter").absolute()


def ensure() -> None:
    """Set DATABASE_URL and REDIS_URL where they are missing, with the parts behind them running.

    May be called by several processes at once and again. Raises ``Refused`` in production, ``Unavailable`` when a
    part does not start.
    """
    parts = {"DATABASE_URL": postgres, "REDIS_URL": valkey}
    missing = {name: part for name, part in parts.items() if not os.environ.get(name)}
    if not missing:
        return
    if os.environ.get("NEWSLETTER_ENV") == "production":
        raise Refused(
            f"{' and '.join(missing)} must be set in production; embedded parts are for laptops and tests.",
            where="NEWSLETTER_ENV",
            fix="Give the addresses of a PostgreSQL and a Redis or Valkey server.",
        )
    place = place_of(home())
    with _locked(place):
        _forget_removed_home(place)
        place.make()
        for name, part in missing.items():
            part.start(place)
            os.environ[name] = part.address(place)


def status() -> dict[str, bool]:
    """Return for each part of this home whether it runs; starts nothing."""
    place = place_of(home())
    return {name: part.is_running(place) for name, part in _PARTS.items()}


def down() -> list[str]:
    """Stop the parts of this home and return the names of those that were running."""
    place = place_of(home())
    if not place.home.exists() and not place.data.exists():
        return []
    with _locked(place):
        return _stop(place)


def wipe() -> None:
    """Stop the parts of this home and remove everything in it."""
    place = place_of(home())
    if not place.home.exists() and not place.data.exists():
        return
    with _locked(place):
        _stop(place)
        shutil.rmtree(place.data, ignore_errors=True)
        shutil.rmtree(place.home, ignore_errors=True)


def _stop(place: Place) -> list[str]:
    stopped = [name for name, part in _PARTS.items() if part.stop(place)]
    shutil.rmtree(place.run, ignore_errors=True)
    return stopped


@contextmanager
def _locked(place: Place) -> Iterator[None]:
    """Let one process at a time start, stop or remove the parts of a home."""
    while True:
        place.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(place.home, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if not _is_still(place.home, folder):
                continue  # removed by `wipe` while we waited
            yield
            return
        finally:
            os.close(folder)


def _is_still(home: Path, folder: int) -> bool:
    try:
        return os.path.samestat(home.stat(), os.fstat(folder))
    except FileNotFoundError:
        return False


def _forget_removed_home(place: Place) -> None:
    """Where data lies outside its home (as root), a home removed by hand must not come back with its old database."""
    mark = place.home / "embedded.lock"
    if not mark.exists() and place.data.exists():
        _stop(place)
        shutil.rmtree(place.data, ignore_errors=True)
    mark.touch(mode=0o600)


_PARTS = {"mailbox": mailbox, "valkey": valkey, "postgres": postgres}
