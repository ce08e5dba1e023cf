"""The parts a laptop lacks, started on demand: PostgreSQL, Valkey and a mail catcher.

Only addresses leave this room: ``ensure`` sets DATABASE_URL and REDIS_URL where they are missing. The servers stay
up until ``down`` for the same NEWSLETTER_HOME.
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
        for name, part in missing.items():
            part.start(place)
            os.environ[name] = part.address(place)


def down() -> list[str]:
    """Stop the parts of this home and return the names of those that were running."""
    place = place_of(home())
    if not place.data.exists() and not place.home.exists():
        return []
    with _locked(place):
        stopped = [name for name, part in _PARTS.items() if part.stop(place)]
        shutil.rmtree(place.run, ignore_errors=True)
    return stopped


def wipe() -> None:
    """Stop the parts of this home and remove everything in it."""
    down()
    place = place_of(home())
    shutil.rmtree(place.data, ignore_errors=True)
    shutil.rmtree(place.home, ignore_errors=True)


@contextmanager
def _locked(place: Place) -> Iterator[None]:
    """Let one process at a time start or stop parts of a home."""
    place.make()
    with (place.home / "embedded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_PARTS = {"mailbox": mailbox, "valkey": valkey, "postgres": postgres}
