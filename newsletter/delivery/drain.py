"""The end without a database: answers under way are awaited, and recorded as soon as that can be done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from uuid import UUID

from newsletter.delivery.lanes import TICK_SECONDS, Lane, Lanes
from newsletter.delivery.ledger import Ledger, Result
from newsletter.delivery.transport import Answered, Down, Happening
from newsletter.errors import Unavailable

log = logging.getLogger(__name__)
DRAIN_SECONDS = 20.0  # how long answers are awaited without a database to record them in
LATE_SECONDS = 25.0  # how long that is tried; a lease is over by then
LOST = "the deliverer lost its database"
Take = Callable[[Lane, Happening], None]


def drain(lanes: Lanes, take: Take) -> None:
    """Cut what has not begun, and wait a little for answers; ``take`` is told them."""
    for lane in lanes:
        if lane.sent is None:
            _cut(lanes, lane)
    for lane in list(lanes.instant):
        _hear(lanes, lane, take)
    end = time.monotonic() + DRAIN_SECONDS
    while lanes.known and time.monotonic() < end:
        for descriptor, _ in lanes.poll.poll(TICK_SECONDS):
            known = lanes.known.get(descriptor)
            if known is None:  # a line to the database: it would only keep us awake
                lanes.poll.unregister(descriptor)
            else:
                _hear(lanes, known, take)


def record_late(results: Sequence[Result], *, owner: UUID, relay: str, chunks: Sequence[int]) -> None:
    """Record over a new session with the old owner's name; the fence decides whether it still counts."""
    if not results:
        return
    end, pause = time.monotonic() + LATE_SECONDS, 0.1
    while True:
        try:
            with closing(Ledger(owner, relay)) as ledger:  # it may open and not be able to write
                ledger.turn_and_wait(chunks, results)
        except Unavailable as error:
            if time.monotonic() + pause > end:
                log.warning("answers_not_recorded owner=%s number=%s why=%s", owner, len(results), error.code)
                return
        else:
            return
        time.sleep(pause)
        pause = min(2 * pause, 4.0)


def _hear(lanes: Lanes, lane: Lane, take: Take) -> None:
    """Take its answer; what cannot be done about it without a database does not end the drain of the others."""
    try:
        for happening in lane.channel.handle(readable=True, writable=False):
            if lane.sent is None:
                break
            if isinstance(happening, Down) or (
                isinstance(happening, Answered) and happening.envelope is lane.sent.envelope
            ):
                take(lane, happening)
    except Exception as error:  # an issue that cannot be paused now is paused by whoever sends it next
        log.warning("drained_in_part error=%s", type(error).__name__)
        lane.sent = None
    if lane.sent is None:
        _cut(lanes, lane)
    else:
        lanes.watch_writing(lane)


def _cut(lanes: Lanes, lane: Lane) -> None:
    lanes.forget(lane)
    lane.channel.give_up(LOST)
