"""The states of an issue and the only way to move between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.errors import Conflict, NotFound
from newsletter.issues.models import HistoryEntry, Issue

State = Issue.State
EDITABLE = frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED, State.SCHEDULED})
UNSENT = EDITABLE | {State.COOLING_OFF, State.FREEZING, State.SENDING, State.PAUSED}


@dataclass(frozen=True, slots=True)
class Act:
    """One move: the states it starts from, the state it ends in, and how people call it."""

    allowed: frozenset[Issue.State]
    to: Issue.State
    words: str


ACTS: dict[str, Act] = {
    "edit": Act(EDITABLE, State.DRAFT, "edited"),
    "submit": Act(frozenset({State.DRAFT}), State.IN_REVIEW, "submitted for review"),
    "request_changes": Act(frozenset({State.IN_REVIEW, State.APPROVED}), State.DRAFT, "sent back for changes"),
    "approve": Act(frozenset({State.DRAFT, State.IN_REVIEW}), State.APPROVED, "approved"),
    "schedule": Act(frozenset({State.APPROVED, State.SCHEDULED}), State.SCHEDULED, "scheduled"),
    "unschedule": Act(frozenset({State.SCHEDULED}), State.APPROVED, "unscheduled"),
    "cool_off": Act(frozenset({State.APPROVED, State.SCHEDULED}), State.COOLING_OFF, "sent after a cool-off"),
    "pull_back": Act(frozenset({State.COOLING_OFF}), State.APPROVED, "pulled back"),
    "send": Act(frozenset({State.APPROVED, State.SCHEDULED}), State.FREEZING, "sent"),
    "freeze": Act(frozenset({State.COOLING_OFF}), State.FREEZING, "sent"),
    "begin": Act(frozenset({State.FREEZING}), State.SENDING, "started"),
    "pause": Act(frozenset({State.FREEZING, State.SENDING}), State.PAUSED, "paused"),
    "resume": Act(frozenset({State.PAUSED}), State.SENDING, "resumed"),
    "resume_freezing": Act(frozenset({State.PAUSED}), State.FREEZING, "resumed"),
    "resend": Act(frozenset({State.SENT}), State.SENDING, "sent again"),
    "extend": Act(frozenset({State.SENDING, State.SENT}), State.FREEZING, "sent to those added since"),
    "finish": Act(frozenset({State.SENDING}), State.SENT, "finished"),
    "cancel": Act(UNSENT, State.CANCELLED, "cancelled"),
    "skip": Act(frozenset({State.DRAFT}), State.SKIPPED, "skipped"),
}


def move(
    issue_id: int,
    act: str,
    *,
    by: str,
    now: datetime,
    version: int | None = None,
    detail: dict[str, Any] | None = None,
    **fields: Any,
) -> Issue:
    """Carry out ``act`` once, write it into the history, and return the issue as it stands afterwards.

    ``version`` is the content version the caller looked at; None does not compare it. ``fields`` are further
    columns set in the same statement. Raises ``Conflict`` when somebody moved first, ``NotFound`` without issue.
    """
    step = ACTS[act]
    seen = {} if version is None else {"version": version}
    with transaction.atomic():
        moved = Issue.objects.filter(pk=issue_id, state__in=step.allowed, **seen).update(
            state=step.to, updated_at=now, **fields
        )
        if not moved:
            raise _why_not(find(issue_id), step, version)
        record(issue_id, act, by=by, now=now, detail=detail)
        return Issue.objects.select_related("newsletter__sender").get(pk=issue_id)


def record(issue_id: int, act: str, *, by: str, now: datetime, detail: dict[str, Any] | None = None) -> None:
    """Append one line to the history of an issue."""
    HistoryEntry.objects.create(issue_id=issue_id, at=now, by=by, act=act, detail=detail or {})


def find(issue_id: int) -> Issue:
    """Return the issue with its newsletter and sender; raises ``NotFound``."""
    issue = Issue.objects.select_related("newsletter__sender").filter(pk=issue_id).first()
    if issue is None:
        raise NotFound(f"There is no issue {issue_id}.", where="issue", fix="List the issues to see their numbers.")
    return issue


def find_locked(issue_id: int) -> Issue:
    """Return it with its row locked until the transaction ends; raises ``NotFound``.

    Whoever locks chunks too locks the issue first. Its history may be written meanwhile, by who holds a chunk.
    """
    locked = Issue.objects.select_for_update(of=("self",), no_key=True).select_related("newsletter__sender")
    return locked.filter(pk=issue_id).first() or find(issue_id)


def check_move(issue: Issue, act: str, *, version: int | None) -> None:
    """Raise ``Conflict`` where ``move`` would: for who holds the row and does more than move it."""
    step = ACTS[act]
    if issue.state not in step.allowed or version not in (None, issue.version):
        raise _why_not(issue, step, version)


def _why_not(issue: Issue, step: Act, version: int | None) -> Conflict:
    if issue.state in step.allowed:
        return Conflict(
            f"Issue {issue.pk} was changed meanwhile (you saw version {version}, it is {issue.version} now).",
            where=f"issue {issue.pk}",
            fix="Look at the issue again, then repeat what you wanted.",
        )
    return Conflict(
        f"Issue {issue.pk} is {state_words(issue.state)}; it cannot be {step.words} now.",
        where=f"issue {issue.pk}",
        fix=f"This is possible from: {', '.join(sorted(state_words(state) for state in step.allowed))}.",
    )


def state_words(state: str) -> str:
    """Return a state as people read it: "in review"."""
    return state.replace("_", " ")
