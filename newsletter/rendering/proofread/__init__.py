"""The automatic check of a rendering: one rule a module, each with a level, the place and the fix."""

from __future__ import annotations

from newsletter.rendering.digest import Digest
from newsletter.rendering.finding import Check, Finding, sheet_of
from newsletter.rendering.proofread import (
    active_content,
    anchors,
    characters,
    contrast,
    document,
    echoes,
    headings,
    images,
    leftovers,
    links,
    mixed_directions,
    modern_css,
    postal_address,
    preheader,
    repeats,
    shorteners,
    size,
    slots,
    styles,
    subject,
    tables,
    template,
    text_part,
    title,
    type_size,
    way_out,
    words_and_images,
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
    "contrast": contrast.check,
    "tables": tables.check,
    "headings": headings.check,
    "type_size": type_size.check,
    "title": title.check,
    "template": template.check,
    "modern_css": modern_css.check,
    "anchors": anchors.check,
    "shorteners": shorteners.check,
    "words_and_images": words_and_images.check,
    "mixed_directions": mixed_directions.check,
    "echoes": echoes.check,
    "slots": slots.check,
}


def proofread(rendering: Rendering, digest: Digest, *, production: bool) -> tuple[Finding, ...]:
    """Return every finding, errors first. Outside production the rules about https are warnings."""
    sheet = sheet_of(rendering, digest, production=production)
    found = [finding for rule in RULES.values() for finding in rule(sheet)]
    return tuple(sorted(found, key=lambda finding: "EWI".index(finding.level)))
