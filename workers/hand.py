"""One piece of work, as the tasks and the pump's children do it: a slice of time, then a wake-up for the rest."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime

from newsletter.delivery.deliver import deliver as deliver_waiting
from newsletter.delivery.freeze import freeze as freeze_audience
from newsletter.delivery.letters import send_letters
from newsletter.delivery.queries import issues_waiting
from newsletter.delivery.wake import wake

SLICE_SECONDS = 50.0


def freeze(issue_id: int, *, now: datetime) -> None:
    """Freeze the audience of an issue."""
    frozen = freeze_audience(issue_id, now=now, seconds=SLICE_SECONDS)
    if frozen.deliveries and not frozen.complete:
        wake().freeze(issue_id)


def deliver(stop: Callable[[], bool]) -> None:
    """Hand over what waits, of whatever issue."""
    done = deliver_waiting(place=place(), seconds=SLICE_SECONDS, stopping=stop)
    if done and not stop():
        for issue_id in issues_waiting():
            wake().deliver(issue_id)


def letters(stop: Callable[[], bool]) -> None:
    """Send the letters that wait."""
    send_letters(seconds=SLICE_SECONDS, stopping=stop)


def place() -> str:
    """Return the name of this worker host; its processes share one deliverer."""
    return os.environ.get("NEWSLETTER_PLACE") or f"{socket.gethostname()}:{os.getpid()}"
