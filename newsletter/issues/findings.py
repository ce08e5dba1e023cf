"""What the proofreader says of an issue, as plain data: what the command line and the API answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.issues.lifecycle import find
from newsletter.issues.overrule import blocked_by, standing
from newsletter.issues.render import renderings_of


def findings(issue_id: int, *, now: datetime) -> dict[str, Any]:
    """Return the findings of every variant, errors first, who overruled what, and which rules keep it from approval.

    Raises ``Invalid`` when the issue cannot be rendered.
    """
    issue = find(issue_id)
    renderings = renderings_of(issue, now=now)
    found = [{"variant": one.variant, **finding} for one in renderings for finding in one.findings]
    found.sort(key=lambda finding: "EWI".index(finding["level"]))
    overrides = standing(issue, renderings)
    return {
        "issue": issue.pk,
        "newsletter": issue.newsletter.code,
        "state": issue.state,
        "version": issue.version,
        "blocking": blocked_by(renderings, overrides),
        "overridable": list(issue.newsletter.overridable),
        "overrides": overrides,
        "findings": found,
    }
