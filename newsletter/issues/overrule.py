"""A person overrules the proofreader: one rule, a reason, a name, where the newsletter's policy allows it.

An override holds for exactly the renderings it was given for; any other byte needs a new one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from newsletter.errors import Invalid, Refused
from newsletter.issues.lifecycle import record
from newsletter.issues.models import FindingOverride, Issue, IssueRendering

LONGEST_REASON = 500  # characters
SYSTEM = "system"  # who approves by itself, and never overrules


def overrule(
    issue: Issue,
    renderings: Iterable[IssueRendering],
    reasons: Mapping[str, str],
    *,
    by: str,
    now: datetime,
) -> None:
    """Write down that ``by`` overrules the rules that ``reasons`` names, each with its reason.

    Raises ``Refused`` (not_overridable) where the policy of the newsletter does not allow it, and ``Invalid`` for a
    rule that found no error or a reason that says nothing.
    """
    kept = list(renderings)
    wrong = {str(finding["rule"]) for one in kept for finding in one.findings if finding["level"] == "E"}
    for rule, reason in reasons.items():
        because = _checked(issue, rule, reason, by=by, wrong=wrong)
        FindingOverride.objects.update_or_create(
            issue=issue, rule=rule, content=content_of(kept), defaults={"by": by, "because": because, "at": now}
        )
        record(issue.pk, "override", by=by, now=now, detail={"rule": rule, "because": because})


def standing(issue: Issue, renderings: Iterable[IssueRendering]) -> list[dict[str, str]]:
    """Return the overrides that hold for these renderings as {rule, by, because}, by rule."""
    found = FindingOverride.objects.filter(issue=issue, content=content_of(renderings)).order_by("rule")
    return [{"rule": one.rule, "by": one.by, "because": one.because} for one in found]


def blocked_by(renderings: Iterable[IssueRendering], overruled: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the rules that found errors and that nobody overruled, by name."""
    wrong = {str(finding["rule"]) for one in renderings for finding in one.findings if finding["level"] == "E"}
    return sorted(wrong - {one["rule"] for one in overruled})


def content_of(renderings: Iterable[IssueRendering]) -> str:
    """Return the SHA-256 (hex) over the content of every variant: what an override is bound to."""
    hashes = sorted((one.variant, one.content_hash) for one in renderings)
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


def _checked(issue: Issue, rule: str, reason: str, *, by: str, wrong: set[str]) -> str:
    """Return the reason on one line."""
    because = " ".join("".join(sign if sign.isprintable() else " " for sign in reason).split())
    if by == SYSTEM:
        raise Refused("Only a person overrules the proofreader.", code="not_overridable", where=rule)
    if rule not in issue.newsletter.overridable:
        allowed = ", ".join(issue.newsletter.overridable)
        raise Refused(
            f"{issue.newsletter.code} does not let anybody overrule {rule}.",
            code="not_overridable",
            where=rule,
            fix=f"Correct what it found. Its policy allows: {allowed}." if allowed else "Correct what it found.",
        )
    if rule not in wrong:
        raise Invalid(f"{rule} found no error in issue {issue.pk}.", where=rule, fix="Leave the override out.")
    if not because or len(because) > LONGEST_REASON:
        raise Invalid(
            f"Overruling {rule} needs a reason of at most {LONGEST_REASON} characters.",
            where=rule,
            fix="Say why this issue may go out all the same.",
        )
    return because
