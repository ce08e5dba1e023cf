"""Thin tasks: parse, call one verb, wake for the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task
from django.db import Error as DatabaseError

from newsletter.delivery.database_clock import database_now
from newsletter.delivery.presence import TICKER, seen
from newsletter.delivery.tick import tick as turn_of_the_clock
from newsletter.errors import Refused, Unavailable
from newsletter.ingest.pull import pull_due
from newsletter.issues.fetch_images import fetch_images
from workers import hand, stopping

log = logging.getLogger(__name__)
JUST_NOW_SECONDS = 5.0


@shared_task(name="freeze")
def freeze(issue_id: int) -> None:
    """Freeze the audience of an issue."""
    _quietly(lambda: hand.freeze(issue_id, now=database_now()))


@shared_task(name="deliver")
def deliver(issue_id: int) -> None:
    """Hand over what waits, for a slice of time."""
    _quietly(lambda: hand.deliver(stopping.said))


@shared_task(name="letters")
def letters() -> None:
    """Send the letters that wait."""
    _quietly(lambda: hand.letters(stopping.said))


@shared_task(name="tick")
def tick() -> None:
    """Do one turn of the clock, unless the last was only seconds ago: beats pile up while no worker is there."""
    _quietly(_turn)


def _turn() -> None:
    ago = seen()[TICKER].seconds_ago
    if ago is None or ago > JUST_NOW_SECONDS:
        turn_of_the_clock(database_now())


@shared_task(name="pull")
def pull() -> None:
    """Pull the sources that are due."""
    _quietly(lambda: pull_due(now=database_now()))


@shared_task(name="images")
def images() -> None:
    """Bring in the remote images of issues that are being made."""
    _quietly(lambda: fetch_images(now=database_now()))


def _quietly(work: Callable[[], object]) -> None:
    """A database that is away is no news here: the pump comes back until it answers."""
    try:
        work()
    except Unavailable as error:
        log.warning("work_put_off code=%s", error.code)
    except DatabaseError as error:
        log.warning("work_put_off code=%s", type(error.__cause__ or error).__name__)
    except Refused as error:  # our keys are not those of the other hosts
        log.warning("work_refused code=%s where=%s", error.code, error.where)
