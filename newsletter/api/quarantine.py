"""The quarantine over HTTP: what was refused and why, and what sets it right."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes import Fixed, FixIn, Limit, OddList, QuarantineList
from newsletter.api.trouble import TROUBLE
from newsletter.errors import Invalid
from newsletter.ingest.doctor import findings
from newsletter.ingest.fix import fix, waiting

router = Router(tags=["quarantine"])
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
    if after and not after.isdecimal():
        raise Invalid(f"{after!r} is no cursor.", where="after", fix="Give the `next` of the last page.")
    found = waiting(source=source, reason=reason)
    rows = list(found.filter(pk__lt=int(after))[: limit + 1] if after else found[: limit + 1])
    return {
        "records": [{"id": one.pk, **{name: getattr(one, name) for name in SHOWN}} for one in rows[:limit]],
        "next": str(rows[limit - 1].pk) if len(rows) > limit else None,
    }


@router.post(
    "/quarantine/{int:record_id}/fix",
    url_name="fix",
    auth=Scope("doctor:write"),
    response={200: Fixed, **TROUBLE},
    summary="Set a refused record right",
)
def fix_record(request: HttpRequest, record_id: int, given: FixIn) -> dict[str, Any]:
    """Read a refused record again with its address, its title or its text corrected."""
    by = f"token {token_behind(request).name}"
    number = min(record_id, 2**63 - 1)
    return asdict(fix(number, url=given.url, title=given.title, text=given.text, by=by, now=timezone.now()))


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
