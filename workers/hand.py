"""One piece of work, as the tasks and the pump's children do it: a slice of time, then a wake-up for the rest."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from datetime import datetime
from functools import cache

from newsletter.access.same_keys import check_keys
from newsletter.delivery.database_away import asking_the_database
from newsletter.delivery.deliver import deliver as deliver_waiting
from newsletter.delivery.freeze import freeze as freeze_audience
from newsletter.delivery.letters import send_letters
from newsletter.delivery.patience import WORK_SECONDS, patient
from newsletter.delivery.queries import issues_waiting
from newsletter.delivery.wake import wake

SLICE_SECONDS = 50.0


@patient(WORK_SECONDS)
def freeze(issue_id: int, *, now: datetime) -> None:
    """Freeze the audience of an issue."""
    frozen = freeze_audience(issue_id, now=now, seconds=SLICE_SECONDS)
    if frozen.ran_out:  # what waits or does not add up would be back at once, for ever: the pump looks after it
        wake().freeze(issue_id)


@patient(WORK_SECONDS)
def deliver(stop: Callable[[], bool]) -> None:
    """Hand over what waits, of whatever issue."""
    _know_the_keys()
    done = deliver_waiting(place=place(), seconds=SLICE_SECONDS, stopping=stop)
    if done and not stop():
        for issue_id in issues_waiting():
            wake().deliver(issue_id)


@patient(WORK_SECONDS)
def letters(stop: Callable[[], bool]) -> None:
    """Send the letters that wait."""
    _know_the_keys()
    send_letters(seconds=SLICE_SECONDS, stopping=stop)


def place() -> str:
    """Return the name of this worker host; its processes share one deliverer."""
    return os.environ.get("NEWSLETTER_PLACE") or name_a_place()


def name_a_place() -> str:
    """Make a name no other worker has: hosts may be called alike, and in containers process numbers are, too."""
    return f"{socket.gethostname()}:{secrets.token_hex(6)}"


@cache
def _know_the_keys() -> None:
    """Once in a process: with other keys than the rest nothing may be sent, for its links would lead nowhere."""
    with asking_the_database():
        check_keys()
