"""A ticker of its own: a program that turns the clock at the instants it is told, for ``test_calendar``."""

from __future__ import annotations

import os
import sys
from datetime import datetime

os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"

import django

django.setup()

from newsletter.delivery.tick import tick  # noqa: E402


def main() -> None:
    """One instant a line, until there are no more; each is answered with "done"."""
    print("ready", flush=True)
    for line in sys.stdin:
        tick(datetime.fromisoformat(line.strip()))
        print("done", flush=True)


if __name__ == "__main__":
    main()
