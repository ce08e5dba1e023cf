"""Send, pause, resume, cancel, pull back: one conditional move each, then a wake-up. Asked twice, done once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from newsletter.delivery.corrected import check_no_correction_begins, pause_corrected
from newsletter.delivery.epoch import check_not_held
from newsletter.delivery.models import Sending
from newsletter.delivery.pace.spread import check_window
from newsletter.delivery.pardon import forget_run, pardon
from newsletter.delivery.reconcile import cancel_waiting
from newsletter.delivery.rest import wake_from_rest
from newsletter.delivery.safe import check_may_send
from newsletter.delivery.wake import wake_deliver, wake_freeze
from newsletter.errors import Conflict
from newsletter.issues.approve import check_seal
from newsletter.issues.lifecycle import ACTS, find, find_locked, move
from newsletter.issues.models import HistoryEntry, Issue


def send(
    issue_id: int,
    *,
    by: str,
    now: datetime,
    version: int | None = None,
    cool_off: timedelta | None = None,
    expires: timedelta | None = None,
    spread: timedelta | None = None,
) -> Issue:
    """Let an approved issue go, at once or after ``cool_off``; the second caller gets ``Conflict``.

    What still waits ``expires`` after it left is not sent any more (default: the newsletter's policy, else ever).
    With ``spread`` its deliveries share out that much time evenly. What a correction corrects pauses. Raises
    ``Refused`` when what would go out is not what was approved, when this environment may not send, and while sending
    is held.
    """
    check_may_send()
    check_not_held()
    check_window(spread)
    issue = find(issue_id)
    if issue.state in ACTS["send"].allowed:
        check_seal(issue)
    lasting = expires or issue.newsletter.expires
    expires_at = now + (cool_off or timedelta(0)) + lasting if lasting else None
    detail = {"expires": expires_at.isoformat()} if expires_at else {}
    given: dict[str, Any] = {"version": version, "detail": detail, "hold_reason": "", "expires_at": expires_at}
    given["spread"] = spread
    with transaction.atomic():
        pause_corrected(issue, by=by, now=now)
        if cool_off:
            return move(issue_id, "cool_off", by=by, now=now, cool_off_until=now + cool_off, **given)
        issue = move(issue_id, "send", by=by, now=now, sending_at=now, **given)
    wake_freeze(issue_id)
    return issue


def start_cooled_off(issue_id: int, *, by: str, now: datetime) -> Issue:
    """Let an issue go whose cool-off is over."""
    issue = move(issue_id, "freeze", by=by, now=now, sending_at=now)
    wake_freeze(issue_id)
    return issue


def pull_back(issue_id: int, *, by: str, now: datetime, version: int | None = None) -> Issue:
    """Take an issue back within its cool-off; one that is merely approved, for it was taken back, stays as it is."""
    return _once("pull_back", issue_id, by=by, now=now, version=version, cool_off_until=None, expires_at=None)


def pause(issue_id: int, *, by: str, now: datetime, reason: str, reply: str = "", version: int | None = None) -> Issue:
    """Stop handing over; at most one message a connection is still under way. A paused issue stays as it is.

    ``reply`` names what refused reader after reader (``refusals.same``): ``resume`` lets those wait again.
    """
    detail = {"reason": reason, **({"reply": reply} if reply else {})}
    return _once("pause", issue_id, by=by, now=now, version=version, detail=detail, pause_reason=reason[:300])


def resume(issue_id: int, *, by: str, now: datetime, version: int | None = None) -> Issue:
    """Go on where it stopped; an issue that goes already stays as it is.

    After a pause for a run of equal refusals those readers wait again: they were refused for our fault. Raises
    ``Refused`` while a correction of it looks who has a copy.
    """
    with transaction.atomic():
        if not Sending.objects.filter(issue_id=issue_id, complete=True).exists():
            pause_corrected(find(issue_id), by=by, now=now)
        stopped = find_locked(issue_id)
        begun, pardoned = _has_begun(stopped), 0
        if stopped.state == Issue.State.PAUSED:
            check_no_correction_begins(stopped)
            pardoned = pardon(issue_id)
        detail = {"refused": pardoned} if pardoned else None
        act = "resume" if begun else "resume_freezing"
        issue = _once(act, issue_id, by=by, now=now, version=version, pause_reason="", detail=detail)
    transaction.on_commit(lambda: forget_run(issue_id))
    wake_from_rest(issue_id)
    (wake_deliver if begun else wake_freeze)(issue_id)
    return issue


def _has_begun(issue: Issue) -> bool:
    """Return whether its audience is whole and sending began with it: a pause may have come between the two."""
    if issue.state == Issue.State.SENDING or not Sending.objects.filter(issue=issue, complete=True).exists():
        return issue.state == Issue.State.SENDING
    acts = HistoryEntry.objects.filter(issue=issue, act__in=["extend", "begin"]).order_by("-pk")
    return issue.frozen_at is not None and acts.values_list("act", flat=True).first() != "extend"


def cancel(issue_id: int, *, by: str, now: datetime, version: int | None = None) -> Issue:
    """Cancel; deliveries that wait become ``cancelled``, what a worker holds follows when it lets go."""
    issue = _once("cancel", issue_id, by=by, now=now, version=version)
    cancel_waiting(issue_id)
    return issue


def _once(act: str, issue_id: int, *, version: int | None, **given: Any) -> Issue:
    """Move; where the issue stands already what is asked for, return it and write no history."""
    try:
        return move(issue_id, act, version=version, **given)
    except Conflict:
        issue = find(issue_id)
        if issue.state != ACTS[act].to or version not in (None, issue.version):
            raise
        return issue
