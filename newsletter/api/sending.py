"""An issue on its way over HTTP: acts on it, where it stands, every delivery, its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from newsletter.api.once import once
from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes.sending import ActDone, ActIn, DeliveryList, HistoryList, LetterList, RelayList, StatusShape
from newsletter.api.shapes.trouble import Limit
from newsletter.api.trouble import TROUBLE
from newsletter.catalogue.durations import duration
from newsletter.delivery import control
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.extend import extend
from newsletter.delivery.letter_rows import letter_rows
from newsletter.delivery.relays.describe import describe_pace, describe_relays
from newsletter.delivery.resend import resend
from newsletter.delivery.status import deliveries, status
from newsletter.errors import Invalid, NotFound
from newsletter.issues.correct import correct
from newsletter.issues.describe import describe_state
from newsletter.issues.lifecycle import find
from newsletter.issues.queries import history

router = Router(tags=["sending"], auth=Scope("issues:read"))
KEY = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string"},
            "description": "the same key within a day is the same request: it is done once and answered alike",
        }
    ]
}


@router.post(
    "/issues/{int:issue_id}/acts",
    url_name="acts",
    auth=Scope("issues:send"),
    response={200: ActDone, **TROUBLE},
    openapi_extra=KEY,
    summary="Send, pause, resume, cancel, resend, extend or correct an issue",
)
def act(request: HttpRequest, response: HttpResponse, issue_id: int, asked: ActIn) -> dict[str, Any]:
    """Do one act. What stands already as asked for is left as it is; whoever comes too late gets 409."""
    number, token, now = _number(issue_id), token_behind(request), database_now()
    answer, again = once(
        token,
        request.headers.get("Idempotency-Key", "").strip(),
        request.path.encode() + b"\n" + request.body,
        lambda: _ACTS[asked.act](number, asked, f"program {token.name}", now),
        now=now,
    )
    if again:
        response.headers["Idempotent-Replayed"] = "true"
    return answer


@router.get(
    "/issues/{int:issue_id}/status",
    url_name="issue-status",
    response={200: StatusShape, **TROUBLE},
    summary="Where a sending stands",
)
def issue_status(request: HttpRequest, issue_id: int) -> dict[str, Any]:
    """Return the counts of every state, who was left out and why, rate and times."""
    return status(_number(issue_id))


@router.get(
    "/issues/{int:issue_id}/deliveries",
    url_name="issue-deliveries",
    auth=Scope("deliveries:read"),
    response={200: DeliveryList, **TROUBLE},
    summary="Every delivery of an issue",
)
def issue_deliveries(
    request: HttpRequest, issue_id: int, state: str = "", limit: Limit = 50, after: str = ""
) -> dict[str, Any]:
    """Return one row a reader with the relay's own words; ``after`` is the ``next`` of the page before."""
    rows = list(deliveries(_number(issue_id), state=state or None, after=_cursor(after), limit=limit + 1))
    return {"deliveries": rows[:limit], "next": str(rows[limit - 1]["id"]) if len(rows) > limit else None}


@router.get(
    "/letters",
    url_name="letters",
    auth=Scope("deliveries:read"),
    response={200: LetterList, **TROUBLE},
    summary="Confirmations, proofs and other letters",
)
def letters(request: HttpRequest, state: str = "", limit: Limit = 50, after: str = "") -> dict[str, Any]:
    """Return letters, the newest first, with the relay's own words; ``after`` is the ``next`` of the page before."""
    rows = list(letter_rows(state=state or None, after=_cursor(after), limit=limit + 1))
    return {"letters": rows[:limit], "next": str(rows[limit - 1]["letter"]) if len(rows) > limit else None}


@router.get(
    "/issues/{int:issue_id}/history",
    url_name="issue-history",
    response={200: HistoryList, **TROUBLE},
    summary="Who did what to an issue",
)
def issue_history(request: HttpRequest, issue_id: int, limit: Limit = 50, after: str = "") -> dict[str, Any]:
    """Return what happened to an issue, oldest first."""
    rows = list(history(find(_number(issue_id)), after=_cursor(after))[: limit + 1])
    told = [{"at": row.at, "by": row.by, "act": row.act, "detail": row.detail} for row in rows[:limit]]
    return {"history": told, "next": str(rows[limit - 1].pk) if len(rows) > limit else None}


@router.get(
    "/relays", url_name="relays", response={200: RelayList, **TROUBLE}, summary="Relays and the pace of domains"
)
def relays(request: HttpRequest) -> dict[str, Any]:
    """Return where mail is handed over and how fast, and what is set aside or slowed down, in the relays' words."""
    now = timezone.now()
    return {"relays": describe_relays(now), "pace": describe_pace(now)}


def _send(issue_id: int, asked: ActIn, by: str, now: datetime) -> dict[str, Any]:
    given = (("cool_off", asked.cool_off), ("expires", asked.expires), ("spread", asked.spread))
    spans = {name: duration(text, where=name) for name, text in given if text}
    return describe_state(control.send(issue_id, by=by, now=now, version=asked.version, **spans))


def _pause(issue_id: int, asked: ActIn, by: str, now: datetime) -> dict[str, Any]:
    return describe_state(control.pause(issue_id, by=by, now=now, reason=asked.reason or "asked for"))


def _simple(verb: Callable[..., Any]) -> Callable[[int, ActIn, str, datetime], dict[str, Any]]:
    return lambda issue_id, _, by, now: describe_state(verb(issue_id, by=by, now=now))


def _counted(verb: Callable[..., int]) -> Callable[[int, ActIn, str, datetime], dict[str, Any]]:
    def do(issue_id: int, _: ActIn, by: str, now: datetime) -> dict[str, Any]:
        number = verb(issue_id, by=by, now=now)
        return {**describe_state(find(issue_id)), "deliveries": number}

    return do


def _correct(issue_id: int, asked: ActIn, by: str, now: datetime) -> dict[str, Any]:
    correction = correct(issue_id, article_id=asked.article, by=by, now=now)
    return {**describe_state(find(issue_id)), "correction": correction.pk}


_ACTS: dict[str, Callable[[int, ActIn, str, datetime], dict[str, Any]]] = {
    "send": _send,
    "pull_back": _simple(control.pull_back),
    "pause": _pause,
    "resume": _simple(control.resume),
    "cancel": _simple(control.cancel),
    "resend": _counted(resend),
    "extend": _counted(extend),
    "correct": _correct,
}


def _number(issue_id: int) -> int:
    if issue_id >= 2**63:
        raise NotFound(f"There is no issue {issue_id}.", where="issue", fix="List the issues.")
    return issue_id


def _cursor(after: str) -> int:
    if after and (not after.isdecimal() or int(after) >= 2**63):
        raise Invalid(f"{after!r} is no cursor.", where="after", fix="Give the `next` of the last page.")
    return int(after or 0)
