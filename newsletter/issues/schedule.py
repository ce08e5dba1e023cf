"""Say when an approved issue goes out."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.errors import Refused
from newsletter.issues.approve import check_seal
from newsletter.issues.lifecycle import ACTS, find, move
from newsletter.issues.models import Issue

TOLERANCE = timedelta(minutes=1)  # a minute typed as "now" may have passed when it arrives


def schedule(issue_id: int, *, at: datetime, by: str, now: datetime, version: int | None = None) -> Issue:
    """Set the instant at which an approved issue leaves by itself; raises ``Refused`` for the past."""
    if at < now - TOLERANCE:
        raise Refused(
            f"{at.isoformat()} is in the past.",
            code="past",
            where="at",
            fix="Give a time to come, or send the issue now.",
        )
    issue = find(issue_id)
    if issue.state in ACTS["schedule"].allowed:
        check_seal(issue)
    return move(
        issue_id,
        "schedule",
        by=by,
        now=now,
        version=version,
        detail={"at": at.isoformat()},
        send_at=at,
        hold_reason="",
    )
