"""The automatic check of a rendering: one rule a module, each with a level, the place and the fix."""

from __future__ import annotations

from newsletter.rendering.digest import Digest
from newsletter.rendering.finding import Check, Finding, sheet_of
from newsletter.rendering.proofread import (
    active_content,
    characters,
    document,
    images,
    leftovers,
    links,
    postal_address,
    preheader,
    repeats,
    size,
    styles,
    subject,
    text_part,
    way_out,
)
from newsletter.rendering.render import Rendering

__all__ = ["RULES", "Finding", "proofread"]

RULES: dict[str, Check] = {
    "size": size.check,
    "styles": styles.check,
    "subject": subject.check,
    "way_out": way_out.check,
    "postal_address": postal_address.check,
    "document": document.check,
    "images": images.check,
    "links": links.check,
    "leftovers": leftovers.check,
    "active_content": active_content.check,
    "preheader": preheader.check,
    "text_part": text_part.check,
    "characters": characters.check,
    "repeats": repeats.check,
}


def proofread(rendering: Rendering, digest: Digest, *, production: bool) -> tuple[Finding, ...]:
    """Return every finding, errors first. Outside production the rules about https are warnings."""
    sheet = sheet_of(rendering, digest, production=production)
    found = [finding for rule in RULES.values() for finding in rule(sheet)]
    return tuple(sorted(found, key=lambda finding: "EWI".index(finding.level)))
