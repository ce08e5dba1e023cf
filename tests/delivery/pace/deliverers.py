"""Deliver for a while as one worker host among others: a program for ``test_several_deliverers``."""

from __future__ import annotations

import os
import sys
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"

import django

django.setup()

from newsletter.delivery.deliver import deliver  # noqa: E402
from newsletter.errors import Unavailable  # noqa: E402


def main() -> None:
    """``deliverers.py PLACE SECONDS``; says ``ready`` first, and ``lost`` when it lost a session."""
    place, seconds = sys.argv[1:]
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
