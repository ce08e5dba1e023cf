"""A child of the pump: ``python -m workers.child deliver`` does one piece of work and ends."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")

import django

django.setup()

from django.db import Error as DatabaseError  # noqa: E402

from newsletter.delivery.database_clock import database_now  # noqa: E402  settings stand only now
from newsletter.errors import NewsletterError  # noqa: E402
from workers import hand, stopping  # noqa: E402

log = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1


def main(kind: str, *ids: str) -> None:
    """Do it; die with the worker that started us, heed SIGTERM politely. What is away is named and ends it with 1."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    stopping.heed_term()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _work(kind, *ids)
    except NewsletterError as error:
        log.warning("work_put_off work=%s code=%s", kind, error.code)
        sys.exit(1)
    except DatabaseError as error:
        log.warning("work_put_off work=%s code=%s", kind, type(error.__cause__ or error).__name__)
        sys.exit(1)


def _work(kind: str, *ids: str) -> None:
    if kind == "freeze":
        hand.freeze(int(ids[0]), now=database_now())
        hand.deliver(stopping.said)
    elif kind == "deliver":
        hand.deliver(stopping.said)
    else:
        hand.letters(stopping.said)


if __name__ == "__main__":
    main(*sys.argv[1:])
