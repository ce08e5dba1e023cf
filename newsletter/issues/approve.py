"""The yes of a person, bound by a seal to exactly what they saw."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from newsletter.errors import Conflict, Refused
from newsletter.expressions.fold import fold
from newsletter.issues.findings import found_in
from newsletter.issues.lifecycle import State, check_move, find, move, record
from newsletter.issues.lock import lock, seal_of
from newsletter.issues.material import gather
from newsletter.issues.models import Approval, Issue, IssueRendering
from newsletter.issues.overrule import SYSTEM, overrule, standing
from newsletter.issues.queries import stored_renderings
from newsletter.issues.render import renderings_of


def approve(
    issue_id: int,
    *,
    by: str,
    user: AbstractBaseUser | None = None,
    now: datetime,
    version: int | None = None,
    overrides: Mapping[str, str] | None = None,
    person: str = "",
) -> Issue:
    """Approve an issue as ``by`` and seal it once enough persons did; returns the issue as it stands.

    ``overrides`` are rules of the proofreader to overrule, each with the reason; ``person`` is who does, default
    ``by``. Raises ``Refused`` when the proofreader found other errors, when the policy of the newsletter does not let
    a rule be overruled, or when nothing was picked, and ``Conflict`` when it changed.
    """
    issue = find(issue_id)
    version = issue.version if version is None else version
    renderings = renderings_of(issue, now=now)
    _refuse_empty(issue, renderings)
    material = gather(issue)
    with transaction.atomic():
        _hold(issue, renderings, version=version)
        overrule(issue, renderings, overrides or {}, by=person or by, now=now)
        excused = standing(issue, renderings) if by != SYSTEM else []
        _refuse_errors(issue, renderings, {one["rule"] for one in excused})
        seal = seal_of(material, renderings, overrides=excused)
        locked = lock(material, renderings, seal=seal, now=now, overrides=excused)
        Approval.objects.update_or_create(
            issue=issue,
            by=by,
            seal=seal,
            defaults={"at": now, "user_id": user.pk if user else None, "broken_at": None},
        )
        names = Approval.objects.filter(issue=issue, seal=seal, broken_at=None).values_list("by", flat=True)
        if len({fold(name) for name in names}) >= issue.newsletter.approvers:
            detail = {"lock": locked.digest}
            return move(issue_id, "approve", by=by, now=now, version=version, detail=detail, seal=seal, hold_reason="")
        if issue.state == State.DRAFT:
            detail = {"approved_by": by, "lock": locked.digest}
            return move(issue_id, "submit", by=by, now=now, version=version, detail=detail)
        record(issue_id, "approved_by", by=by, now=now, detail={"lock": locked.digest})
        return find(issue_id)


def check_seal(issue: Issue) -> None:
    """Raise ``Refused`` (code broken_seal) when what would be sent is not what was approved."""
    renderings = list(stored_renderings(issue))
    excused = standing(issue, renderings)
    if not renderings or not issue.seal or seal_of(gather(issue), renderings, overrides=excused) != issue.seal:
        raise Refused(
            f"Issue {issue.pk} differs from what was approved.",
            code="broken_seal",
            where=f"issue {issue.pk}",
            fix="Send it back for changes, look at it again and approve it as it is now.",
        )


def _hold(issue: Issue, renderings: Sequence[IssueRendering], *, version: int) -> None:
    """Hold the issue until the seal stands; raises ``Conflict`` when it is not what was seen, or was rendered anew."""
    check_move(Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk), "approve", version=version)
    stored = {one.pk: (one.content_hash, one.rule) for one in stored_renderings(issue).only("content_hash", "rule")}
    if {one.pk: (one.content_hash, one.rule) for one in renderings} != stored:
        raise Conflict(
            f"Issue {issue.pk} was changed meanwhile.",
            where=f"issue {issue.pk}",
            fix="Look at the issue again, then repeat what you wanted.",
        )


def _refuse_empty(issue: Issue, renderings: Sequence[IssueRendering]) -> None:
    if not any(rendering.articles for rendering in renderings):
        raise Refused(
            f"Issue {issue.pk} holds no article.",
            code="empty",
            where=f"issue {issue.pk}",
            fix="Pin an article or widen a selector.",
        )


def _refuse_errors(issue: Issue, renderings: Sequence[IssueRendering], excused: Collection[str]) -> None:
    found = found_in(renderings)
    errors = [finding for finding in found if finding["level"] == "E" and finding["rule"] not in excused]
    if errors:
        first = errors[0]
        only = "" if len(first["variants"]) == len(renderings) else f"variant {first['variants'][0]}, "
        raise Refused(
            f"The proofreader found {len(errors)} error(s) in issue {issue.pk}; the first: {first['rule']}.",
            code="findings",
            where=f"{only}{first['place']}",
            fix=str(first["fix"]),
        )
