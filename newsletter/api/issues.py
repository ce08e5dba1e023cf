"""Issues over HTTP: listed, looked at, made again from their locks; mails held against them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes.issues import Approved, ApproveIn, IssueList, IssueShape, Proofread, ShowToIn, VariantShape
from newsletter.api.shapes.proof import RebuildShape, VerdictShape
from newsletter.api.shapes.trouble import Limit, TroubleAnswer
from newsletter.api.trouble import TROUBLE
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.rebuilt import describe_rebuild
from newsletter.delivery.verify import verify
from newsletter.delivery.writer import dead_text
from newsletter.errors import Invalid, NotFound
from newsletter.issues.approve import approve
from newsletter.issues.describe import describe_issue, describe_state, describe_variants
from newsletter.issues.findings import findings
from newsletter.issues.lifecycle import find
from newsletter.issues.look_up import look_up
from newsletter.issues.queries import newest
from newsletter.issues.rebuild import rebuild
from newsletter.issues.render import rendering_of
from newsletter.issues.show_to import show_to

MAIL_BODY = {
    "requestBody": {
        "required": True,
        "description": "One mail as it was received, at most 5 MB.",
        "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
    }
}

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
    return describe_issue(find(_number(issue_id)))


@router.get(
    "/issues/{int:issue_id}/rebuild",
    url_name="rebuild",
    response={200: RebuildShape, **TROUBLE},
    summary="Make an approved issue again from its lock",
)
def rebuild_issue(request: HttpRequest, issue_id: int, seal: str = "") -> dict[str, Any]:
    """Compare every byte with what was approved, and say what changed since; ``seal`` names an earlier approval."""
    return describe_rebuild(rebuild(_number(issue_id), seal=seal))


@router.post(
    "/verify",
    url_name="verify",
    response={200: VerdictShape, 413: TroubleAnswer, **TROUBLE},
    openapi_extra=MAIL_BODY,
    summary="Prove that a mail is a copy of an approved issue",
)
def verify_mail(request: HttpRequest) -> dict[str, Any]:
    """Say which issue, which variant and under which seal a mail is a copy of, or what differs."""
    return asdict(verify(request.body))


def _number(issue_id: int) -> int:
    if issue_id >= 2**63:
        raise NotFound(f"There is no issue {issue_id}.", where="issue", fix="List the issues.")
    return issue_id


@router.get(
    "/issues/{int:issue_id}/variants/{variant}",
    url_name="variant",
    response={200: VariantShape, **TROUBLE},
    summary="Look at one variant of an issue",
)
def variant(request: HttpRequest, issue_id: int, variant: str) -> dict[str, Any]:
    """Return a variant, by its number from 1, as it would go out; personal links are dead."""
    if issue_id >= 2**63:
        raise NotFound(f"There is no issue {issue_id}.", where="issue", fix="List the issues.")
    rendering = rendering_of(find(issue_id), now=timezone.now(), variant=variant)
    parts = ("subject", "preheader", "html", "text")
    return {
        "issue": issue_id,
        **describe_variants([rendering])[0],
        **{part: dead_text(getattr(rendering, part), rendering.nonce) for part in parts},
        "findings": rendering.findings,
    }


@router.post(
    "/issues/{int:issue_id}/show-to",
    url_name="show-to",
    auth=Scope("issues:write"),
    response={200: IssueShape, **TROUBLE},
    summary="Show a block of an issue to a group of readers",
)
def show_block_to(request: HttpRequest, issue_id: int, asked: ShowToIn) -> dict[str, Any]:
    """Show an article, a section or the note to a group only; the seal of an approved issue is broken."""
    if issue_id >= 2**63:
        raise NotFound(f"There is no issue {issue_id}.", where="issue", fix="List the issues.")
    changed = show_to(
        issue_id,
        asked.group,
        article_id=asked.article,
        section=asked.section,
        by=f"program {token_behind(request).name}",
        now=timezone.now(),
        version=asked.version,
    )
    return describe_issue(changed)


@router.get(
    "/issues/{int:issue_id}/proofread",
    url_name="proofread",
    response={200: Proofread, **TROUBLE},
    summary="Proofread an issue",
)
def proofread(request: HttpRequest, issue_id: int) -> dict[str, Any]:
    """Return every finding with rule, level, place and fix; nothing is fetched."""
    return findings(_number(issue_id), now=timezone.now())


@router.post(
    "/issues/{int:issue_id}/look-up",
    url_name="look-up",
    response={200: Proofread, **TROUBLE},
    summary="Proofread an issue and follow its links",
)
def look_up_links(request: HttpRequest, issue_id: int) -> dict[str, Any]:
    """Follow every link and image, bounded and never into a private network, and return every finding."""
    now = timezone.now()
    look_up(_number(issue_id), by=_program(request), now=now)
    return findings(issue_id, now=now)


@router.post(
    "/issues/{int:issue_id}/approve",
    url_name="approve",
    auth=Scope("issues:approve"),
    response={200: Approved, **TROUBLE},
    summary="Approve an issue",
)
def approve_issue(request: HttpRequest, issue_id: int, body: ApproveIn) -> dict[str, Any]:
    """Approve the version that was looked at, as the program that the token is of.

    An override names the rule, the reason and the person; it is refused where the newsletter does not allow it.
    """
    program, person = _program(request), " ".join(body.person.split())
    if body.overrides and not person:
        raise Invalid("An override needs a person.", where="person", fix="Name who overrules the proofreader.")
    approved = approve(
        _number(issue_id),
        by=program,
        now=database_now(),
        version=body.version,
        overrides=body.overrides,
        person=f"{person} ({program})" if person else "",
    )
    return describe_state(approved)


def _program(request: HttpRequest) -> str:
    return f"program {token_behind(request).name}"
