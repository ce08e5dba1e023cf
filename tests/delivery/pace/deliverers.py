"""Deliver for a while as one worker host among others: a program for ``test_several_deliverers``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"

import django

django.setup()

from newsletter.delivery.deliver import deliver  # noqa: E402
from newsletter.delivery.pace.purse import Purse  # noqa: E402
from newsletter.delivery.pace.rate import Limit  # noqa: E402
from newsletter.errors import Unavailable  # noqa: E402


def note_tokens(file: Path) -> None:
    """Write a line for every token that is used: its limit's name, a tab and the Unix second."""
    plain, notes = Purse.use, file.open("a", buffering=1)

    def use(purse: Purse, limit: Limit) -> None:
        plain(purse, limit)
        notes.write(f"{limit.name}\t{time.time():.6f}\n")

    Purse.use = use  # type: ignore[method-assign]  # the one place where a witness stands


def main() -> None:
    """``deliverers.py PLACE SECONDS [TOKENS]``; says ``ready`` first, and ``lost`` when it lost a session."""
    place, seconds, *tokens = sys.argv[1:]
    for file in tokens:
        note_tokens(Path(file))
    print("ready", flush=True)
    end = time.monotonic() + float(seconds)
    while (left := end - time.monotonic()) > 0:
        try:
            deliver(place=place, seconds=left)
        except Unavailable:
            print("lost", flush=True)
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
