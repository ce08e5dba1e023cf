"""The automatic check of a rendering: one rule a module, each with a level, the place and the fix."""

from __future__ import annotations

from newsletter.rendering.digest import Digest
from newsletter.rendering.proofread.finding import Finding, sheet_of
from newsletter.rendering.proofread.rules import RULES
from newsletter.rendering.render import Rendering

__all__ = ["Finding", "proofread"]


def proofread(rendering: Rendering, digest: Digest, *, production: bool) -> tuple[Finding, ...]:
    """Return every finding, errors first. Outside production the rules about https are warnings."""
    sheet = sheet_of(rendering, digest, production=production)
    found = [finding for rule in RULES.values() for finding in rule(sheet)]
    return tuple(sorted(found, key=lambda finding: "EWI".index(finding.level)))
