"""Issues over HTTP: listed and looked at."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from newsletter.api.scope import Scope
from newsletter.api.shapes import IssueList, IssueShape, Limit
from newsletter.api.trouble import TROUBLE
from newsletter.errors import Invalid, NotFound
from newsletter.issues.describe import describe_issue
from newsletter.issues.lifecycle import find
from newsletter.issues.queries import newest

router = Router(tags=["issues"], auth=Scope("issues:read"))


@router.get("/issues", url_name="issues", response={200: IssueList, **TROUBLE}, summary="List issues")
def issues(request: HttpRequest, newsletter: str = "", limit: Limit = 50, after: str = "") -> dict[str, Any]:
    """Return issues, the newest first; ``after`` is the ``next`` of the page before."""
    if after and not after.isdecimal():
        raise Invalid(f"{after!r} is no cursor.", where="after", fix="Give the `next` of the last page.")
    rows = list(newest(newsletter=newsletter, after=after)[: limit + 1])
    return {
        "issues": [
            {
                "issue": one.pk,
                "newsletter": one.newsletter.code,
                "state": one.state,
                "slot": one.slot,
                "picks": one.pick_count,  # type: ignore[attr-defined]  # annotated by newest
            }
            for one in rows[:limit]
        ],
        "next": str(rows[limit - 1].pk) if len(rows) > limit else None,
    }


@router.get(
    "/issues/{int:issue_id}", url_name="issue", response={200: IssueShape, **TROUBLE}, summary="Look at one issue"
)
def issue(request: HttpRequest, issue_id: int) -> dict[str, Any]:
    """Return an issue with its picks and what was left out, each with the reason."""
    if issue_id >= 2**63:
        raise NotFound(f"There is no issue {issue_id}.", where="issue", fix="List the issues.")
    return describe_issue(find(issue_id))
