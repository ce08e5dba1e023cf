"""What relays said lately, summed up: the trouble that shows in answers and not in any part of ours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.bounced import NOBODY_THERE
from newsletter.delivery.models import Attempt, DeliveryState
from newsletter.delivery.outcome import MAILBOX_FULL, NO_ROOM
from newsletter.delivery.transport import RCPT
from newsletter.log_lines import masked

MOST = 1000  # the newest tries are looked at
LATELY = timedelta(hours=1)
NOTEWORTHY = 0.02  # of the tries: so many of one kind are told
LEAST = 5
FULL_CODES = (422, 452)
_LATER, _DOUBT = DeliveryState.DEFERRED, DeliveryState.IN_DOUBT


@dataclass(frozen=True, slots=True)
class Heard:
    """One kind of answer: how many of the tries lately got it, what it means, and the words of the newest."""

    number: int
    of: int
    means: str
    words: str


def heard(*, now: datetime) -> list[Heard]:
    """Return the kinds of answers other than yes that were heard often, the commonest first; no address is in them."""
    fields = ("at", "outcome", "phase", "code", "enhanced", "words")
    newest = [row for row in Attempt.objects.order_by("-pk").values_list(*fields)[:MOST] if row[0] > now - LATELY]
    kinds: Counter[str] = Counter()
    words: dict[str, str] = {}
    for _, outcome, phase, code, enhanced, said in newest:
        if outcome == DeliveryState.ACCEPTED:
            continue
        kind = _kind(outcome, phase, code or 0, enhanced)
        kinds[kind] += 1
        words.setdefault(kind, masked(f"{code or ''} {said}".strip()))
    least = max(LEAST, NOTEWORTHY * len(newest))
    return [
        Heard(number, len(newest), kind, words[kind])
        for kind, number in kinds.most_common()
        if number >= least or kind == DOUBT
    ]


DOUBT = "are in doubt: the connection broke before the relay's answer"


def _kind(outcome: int, phase: str, code: int, enhanced: str) -> str:
    if outcome == _DOUBT:
        return DOUBT
    if outcome != _LATER:
        if phase == RCPT and enhanced in NOBODY_THERE:
            return "were refused: the relay knows no such person (suppressed once their issue is sent)"
        return "were refused"
    if code in FULL_CODES or enhanced in (MAILBOX_FULL, "4.2.2"):
        return "were put off: mailboxes are full"
    if (code == 552 and enhanced in NO_ROOM) or enhanced == "4.3.1":
        return "were put off: the relay has no room"
    if code in (450, 451):
        return "were put off: the relay greylists or is not ready, and asks to come back later"
    return "were put off"
