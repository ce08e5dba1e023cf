"""A child of the pump: ``python -m workers.child deliver`` does one piece of work and ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")

import django

django.setup()

from newsletter.delivery.database_clock import database_now  # noqa: E402  settings stand only now
from workers import hand, stopping  # noqa: E402

PR_SET_PDEATHSIG = 1


def main(kind: str, *ids: str) -> None:
    """Do it; die with the worker that started us, heed SIGTERM politely."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    stopping.heed_term()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if kind == "freeze":
        hand.freeze(int(ids[0]), now=database_now())
        hand.deliver(stopping.said)
    elif kind == "deliver":
        hand.deliver(stopping.said)
    else:
        hand.letters(stopping.said)


if __name__ == "__main__":
    main(*sys.argv[1:])
