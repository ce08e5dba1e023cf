"""Homes of their own for tests that start, stop and kill parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsletter import embedded

NAMES = ("NEWSLETTER_HOME", "DATABASE_URL", "REDIS_URL", "NEWSLETTER_ENV")


@contextmanager
def own_home(folder: Path) -> Iterator[Path]:
    """Make ``folder`` the home, without any address; wiped at the end."""
    before = {name: os.environ.get(name) for name in NAMES}
    forget_addresses()
    os.environ["NEWSLETTER_HOME"] = str(folder)
    try:
        yield folder
    finally:
        os.environ["NEWSLETTER_HOME"] = str(folder)
        embedded.wipe()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def forget_addresses() -> None:
    """Make ``ensure`` look again."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
