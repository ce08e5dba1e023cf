"""What a relay's answer means for a delivery (RFC 5321 4.2, RFC 3463)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from newsletter.delivery.models import DeliveryState
from newsletter.delivery.transport import ANSWER, MAIL, OUT_OF_STEP, Reply

BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240))
GIVE_UP_AFTER = timedelta(hours=48)
MAILBOX_FULL = "5.2.2"  # whatever the code says, a mailbox may be emptied
NO_ROOM = ("", "5.3.1")  # 552 of a relay that is full itself, or says no more than 552
SAME_REFUSALS = 10  # so many equal 5xx in a row, over all workers, are our fault, not the readers'
MOST_CUT_OFF = 5  # a reader at whom the connection ended so often has had an attempt


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state a delivery goes to; ``ours`` says that the fault is ours and the issue has to pause."""

    state: DeliveryState
    ours: bool = False


ACCEPTED = Outcome(DeliveryState.ACCEPTED)


def judge(phase: str, reply: Reply) -> Outcome:
    """Return what ``reply`` to ``phase`` means."""
    if phase == ANSWER and 200 <= reply.code < 300:
        return ACCEPTED
    if reply.enhanced in ("5.3.4", "4.3.4"):  # the message is too big for the relay: for all of them
        return Outcome(DeliveryState.QUEUED, ours=True)
    full = reply.enhanced == MAILBOX_FULL or (reply.code == 552 and reply.enhanced in NO_ROOM)
    if 400 <= reply.code < 500 or full or (phase == ANSWER and reply.code == OUT_OF_STEP):
        return Outcome(DeliveryState.DEFERRED)
    if phase == MAIL:  # our sender, our login or our standing
        return Outcome(DeliveryState.QUEUED, ours=True)
    return Outcome(DeliveryState.REFUSED)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the attempt with this number (1 = the first)."""
    return BACKOFF[min(attempts, len(BACKOFF)) - 1]
