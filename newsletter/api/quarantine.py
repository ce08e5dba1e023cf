"""The quarantine over HTTP: what was refused and why, and what sets it right."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes.quarantine import (
    Discarded,
    DiscardIn,
    Fixed,
    FixIn,
    OddCounts,
    OddList,
    QuarantineList,
    RefusedShape,
    SetDone,
    SetIn,
    SettleDone,
    SettleIn,
)
from newsletter.api.shapes.trouble import Limit
from newsletter.api.trouble import TROUBLE
from newsletter.errors import Invalid
from newsletter.ingest.doctor import counts_of_newest, findings, set_right, settle
from newsletter.ingest.fix import around, discard, fix, record_of, waiting
from newsletter.ingest.models import QuarantinedRecord
from newsletter.ingest.remedy import remedy

router = Router(tags=["quarantine"])
COUNTED = 2_000  # articles looked at for numbers
SHOWN = ("source", "key", "reason", "message", "position", "url", "first_seen_at", "seen_at")


@router.get(
    "/quarantine",
    url_name="quarantine",
    auth=Scope("doctor:read"),
    response={200: QuarantineList, **TROUBLE},
    summary="List refused records",
)
def quarantine(
    request: HttpRequest, source: str = "", reason: str = "", limit: Limit = 50, after: str = ""
) -> dict[str, Any]:
    """Return what was refused, the newest first, with the reason and the place."""
    if after and not (after.isdecimal() and len(after) < 19):
        raise Invalid(f"{after!r} is no cursor.", where="after", fix="Give the `next` of the last page.")
    found = waiting(source=source, reason=reason)
    rows = list(found.filter(pk__lt=int(after))[: limit + 1] if after else found[: limit + 1])
    return {
        "records": [_row(one) for one in rows[:limit]],
        "next": str(rows[limit - 1].pk) if len(rows) > limit else None,
    }


@router.get(
    "/quarantine/{int:record_id}",
    url_name="record",
    auth=Scope("doctor:read"),
    response={200: RefusedShape, **TROUBLE},
    summary="Look at one refused record",
)
def record(request: HttpRequest, record_id: int) -> dict[str, Any]:
    """Return a refused record with its whole text and the lines around the place."""
    one = record_of(_number(record_id))
    lines = [{"line": number, "text": line, "here": here} for number, line, here in around(one)]
    return {**_row(one), "form": one.form, "text": one.text, "lines": lines}


@router.post(
    "/quarantine/{int:record_id}/discard",
    url_name="discard",
    auth=Scope("doctor:write"),
    response={200: Discarded, **TROUBLE},
    summary="Put a refused record aside",
)
def discard_record(request: HttpRequest, record_id: int, given: DiscardIn) -> dict[str, Any]:
    """Put a record aside until its content changes."""
    done = discard(_number(record_id), by=_by(request), reason=given.reason, now=timezone.now())
    return {"id": done.pk, "discarded_at": done.discarded_at, "discarded_by": done.discarded_by}


@router.post(
    "/quarantine/{int:record_id}/fix",
    url_name="fix",
    auth=Scope("doctor:write"),
    response={200: Fixed, **TROUBLE},
    summary="Set a refused record right",
)
def fix_record(request: HttpRequest, record_id: int, given: FixIn) -> dict[str, Any]:
    """Read a refused record again with its address, its title or its text corrected."""
    whole = {"url": given.url, "title": given.title, "text": given.text}
    return asdict(fix(_number(record_id), **whole, by=_by(request), now=timezone.now()))


@router.get(
    "/doctor",
    url_name="doctor",
    auth=Scope("doctor:read"),
    response={200: OddList, **TROUBLE},
    summary="What is odd in the articles",
)
def doctor(
    request: HttpRequest, code: str = "", source: str = "", limit: Limit = 50, after: str = ""
) -> dict[str, Any]:
    """Return what is odd, each with article, field, value and what would set it right."""
    found = findings(code=code, source=source, limit=limit, after=after)
    rows = [
        {
            "article": odd.article_id,
            **{name: getattr(odd, name) for name in ("title", "code", "field", "value", "words", "suggestion")},
            "proposal": None if odd.proposal is None else list(odd.proposal),
        }
        for odd in found.rows
    ]
    return {"odd": rows, "next": found.next}


@router.get(
    "/doctor/counts",
    url_name="doctor-counts",
    auth=Scope("doctor:read"),
    response={200: OddCounts, **TROUBLE},
    summary="How much is odd, by code",
)
def doctor_counts(request: HttpRequest, source: str = "") -> dict[str, Any]:
    """Return how many oddities of every code nobody has settled; of some codes among the newest articles only."""
    numbers, whole = counts_of_newest(COUNTED, source=source)
    return {"counts": numbers, "whole": whole}


@router.post(
    "/doctor/{int:article_id}/set",
    url_name="set-right",
    auth=Scope("doctor:write"),
    response={200: SetDone, **TROUBLE},
    summary="Set a field of an article right",
)
def set_field(request: HttpRequest, article_id: int, given: SetIn) -> dict[str, Any]:
    """Override a field where it is odd; it stays whatever the CMS says later."""
    set_right(_number(article_id), given.field, given.values, by=_by(request), now=timezone.now())
    return {"article": article_id, "field": given.field, "values": given.values}


@router.post(
    "/doctor/{int:article_id}/settle",
    url_name="settle",
    auth=Scope("doctor:write"),
    response={200: SettleDone, **TROUBLE},
    summary="Say that something odd is right",
)
def settle_oddity(request: HttpRequest, article_id: int, given: SettleIn) -> dict[str, Any]:
    """Settle an oddity: it is not told again while the value stays."""
    done = settle(_number(article_id), given.code, given.value, by=_by(request), now=timezone.now())
    return {"article": article_id, "code": done.code, "value": done.value}


def _row(one: QuarantinedRecord) -> dict[str, Any]:
    return {"id": one.pk, **{name: getattr(one, name) for name in SHOWN}, **asdict(remedy(one))}


def _by(request: HttpRequest) -> str:
    return f"token {token_behind(request).name}"


def _number(given: int) -> int:
    """Return a number the database can hold."""
    return min(given, 2**63 - 1)
