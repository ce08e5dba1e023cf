"""Every rule of the proofreader."""

from __future__ import annotations

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
from newsletter.rendering.proofread.finding import Check

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
