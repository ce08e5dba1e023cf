"""Send, pause, resume, cancel, pull back: one conditional move each, then a wake-up."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.delivery.epoch import check_not_held
from newsletter.delivery.reconcile import cancel_waiting
from newsletter.delivery.safe import check_may_send
from newsletter.delivery.wake import wake_deliver, wake_freeze
from newsletter.issues.approve import check_seal
from newsletter.issues.lifecycle import ACTS, find, move
from newsletter.issues.models import Issue


def send(
    issue_id: int, *, by: str, now: datetime, version: int | None = None, cool_off: timedelta | None = None
) -> Issue:
    """Let an approved issue go, at once or after ``cool_off``; the second caller gets ``Conflict``.

    Raises ``Refused`` when what would go out is not what was approved, when this environment may not send, and
    while sending is held.
    """
    check_may_send()
    check_not_held()
    issue = find(issue_id)
    if issue.state in ACTS["send"].allowed:
        check_seal(issue)
    if cool_off:
        return move(
            issue_id, "cool_off", by=by, now=now, version=version, hold_reason="", cool_off_until=now + cool_off
        )
    issue = move(issue_id, "send", by=by, now=now, version=version, hold_reason="", sending_at=now)
    wake_freeze(issue_id)
    return issue


def start_cooled_off(issue_id: int, *, by: str, now: datetime) -> Issue:
    """Let an issue go whose cool-off is over."""
    issue = move(issue_id, "freeze", by=by, now=now, sending_at=now)
    wake_freeze(issue_id)
    return issue


def pull_back(issue_id: int, *, by: str, now: datetime, version: int | None = None) -> Issue:
    """Take an issue back within its cool-off."""
    return move(issue_id, "pull_back", by=by, now=now, version=version, cool_off_until=None)


def pause(issue_id: int, *, by: str, now: datetime, reason: str, version: int | None = None) -> Issue:
    """Stop handing over; at most one message a connection is still under way."""
    return move(
        issue_id, "pause", by=by, now=now, version=version, detail={"reason": reason}, pause_reason=reason[:300]
    )


def resume(issue_id: int, *, by: str, now: datetime, version: int | None = None) -> Issue:
    """Go on where it stopped."""
    act = "resume" if find(issue_id).frozen_at else "resume_freezing"
    issue = move(issue_id, act, by=by, now=now, version=version, pause_reason="")
    (wake_deliver if issue.frozen_at else wake_freeze)(issue_id)
    return issue


def cancel(issue_id: int, *, by: str, now: datetime, version: int | None = None) -> Issue:
    """Cancel; deliveries that wait become ``cancelled``, what a worker holds follows when it lets go."""
    issue = move(issue_id, "cancel", by=by, now=now, version=version)
    cancel_waiting(issue_id)
    return issue
