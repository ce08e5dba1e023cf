"""What the proofreader says of an issue, as plain data: what the command line, the API and the desk tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from newsletter.issues.lifecycle import find
from newsletter.issues.models import IssueRendering
from newsletter.issues.overrule import blocked_by, standing
from newsletter.issues.render import OF_THE_PLAN, renderings_of
from newsletter.issues.variant_number import variant_number


def findings(issue_id: int, *, now: datetime) -> dict[str, Any]:
    """Return the findings of an issue, errors first, who overruled what, and which rules keep it from approval.

    Raises ``Invalid`` when the issue cannot be rendered.
    """
    issue = find(issue_id)
    renderings = renderings_of(issue, now=now)
    overrides = standing(issue, renderings)
    return {
        "issue": issue.pk,
        "newsletter": issue.newsletter.code,
        "state": issue.state,
        "version": issue.version,
        "blocking": blocked_by(renderings, overrides),
        "overridable": list(issue.newsletter.overridable),
        "overrides": overrides,
        "findings": found_in(renderings),
    }


def found_in(renderings: Iterable[IssueRendering]) -> list[dict[str, Any]]:
    """Return each finding of these renderings once, errors first, with the numbers of the variants that show it."""
    kept = list(renderings)
    everybody = [variant_number(rendering.variant) for rendering in kept]
    once: dict[tuple[str, ...], dict[str, Any]] = {}
    for rendering, number in zip(kept, everybody, strict=True):
        for finding in rendering.findings:
            what = tuple(str(finding[name]) for name in ("rule", "level", "place", "fix"))
            if finding["rule"] in OF_THE_PLAN:
                once[what] = {**finding, "variants": everybody}
            elif number not in once.setdefault(what, {**finding, "variants": []})["variants"]:
                once[what]["variants"].append(number)
    return sorted(once.values(), key=lambda finding: "EWI".index(finding["level"]))
