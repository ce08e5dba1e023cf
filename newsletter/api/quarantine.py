"""The quarantine over HTTP: what was refused and why, and what sets it right."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from newsletter.api.scope import Scope
from newsletter.api.shapes import Limit, QuarantineList
from newsletter.api.trouble import TROUBLE
from newsletter.errors import Invalid
from newsletter.ingest.models import QuarantinedRecord

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
    found = QuarantinedRecord.objects.order_by("-pk")
    wanted = {"source": source, "reason": reason, "pk__lt": int(after) if after else 0}
    rows = list(found.filter(**{name: value for name, value in wanted.items() if value})[: limit + 1])
    return {
        "records": [{"id": one.pk, **{name: getattr(one, name) for name in SHOWN}} for one in rows[:limit]],
        "next": str(rows[limit - 1].pk) if len(rows) > limit else None,
    }
