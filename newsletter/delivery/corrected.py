"""The issue that a correction corrects: it pauses when the correction is sent, and nothing of it is under way when
the audience of the correction is frozen. So nobody gets the faulty copy after it is settled who gets the correction.
"""

from __future__ import annotations

import time
from datetime import datetime

from newsletter.delivery.models import Chunk, ChunkState
from newsletter.errors import Conflict, Refused
from newsletter.issues.lifecycle import State, find, find_locked, move
from newsletter.issues.models import Issue

BEGINNING = (State.COOLING_OFF, State.FREEZING)  # sent, and not yet settled who gets it
UNDER_WAY = (State.FREEZING, State.SENDING)
SETTLE_SECONDS = 5.0  # what is under way mostly ends sooner; otherwise the freeze is tried again
LOOK_SECONDS = 0.1


def pause_corrected(correction: Issue, *, by: str, now: datetime) -> None:
    """Pause what a correction corrects; nothing for another issue. Call it in the transaction that sends it, first.

    Who resumes reads the reason: of an issue that was paused already it stands before the old one.
    """
    first = lock_corrected(correction)
    if first is None:
        return
    words = (
        f"Correction {correction.pk} goes to those who have a copy. Who has none yet would get the faulty one: cancel "
        f"issue {first.pk}, or resume it and extend issue {correction.pk} when it is sent."
    )
    try:
        move(first.pk, "pause", by=by, now=now, detail={"reason": words}, pause_reason=words)
    except Conflict:
        if first.state == State.PAUSED and words not in first.pause_reason:
            Issue.objects.filter(pk=first.pk).update(pause_reason=f"{words} {first.pause_reason}"[:300])


def lock_corrected(correction: Issue) -> Issue | None:
    """Return what a correction corrects, locked until the transaction ends; None for another issue."""
    if correction.corrects_id is None:
        return None
    return find_locked(correction.corrects_id)


def check_no_correction_begins(issue: Issue) -> None:
    """Raise ``Refused`` while a correction of the issue, which the caller has locked, looks who has it."""
    correction = issue.corrections.filter(state__in=BEGINNING).order_by("pk").first()
    if correction is not None:
        raise Refused(
            f"Correction {correction.pk} is about to go to those who have issue {issue.pk}; others would miss it.",
            code="correction",
            where=f"issue {issue.pk}",
            fix=f"Wait until issue {correction.pk} is sending, or pull it back or cancel it.",
        )


def check_at_rest(correction: Issue) -> None:
    """Raise ``Refused`` while what a correction corrects goes out, inside a transaction that keeps it from that."""
    first = lock_corrected(correction)
    if first is not None and first.state in UNDER_WAY:
        raise Refused(
            f"Issue {first.pk}, which it corrects, is still going out.",
            code="correction",
            where=f"issue {correction.pk}",
            fix=f"Wait until issue {first.pk} is sent, or pause it.",
        )


def await_corrected(correction: Issue) -> bool:
    """Wait a little until no worker holds anything of what a correction corrects; False when it takes longer."""
    if correction.corrects_id is None:
        return True
    held = Chunk.objects.filter(issue_id=correction.corrects_id, state=ChunkState.LEASED)
    end = time.monotonic() + SETTLE_SECONDS
    while held.exists():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def told_of_corrected(correction: Issue) -> str:
    """Return that sending a correction paused an issue, as people are told it; "" where it did not."""
    first = find(correction.corrects_id) if correction.corrects_id else None
    return f"Issue {first.pk} is paused: {first.pause_reason}" if first and first.state == State.PAUSED else ""
