"""The automatic check of a rendering: one rule a module, each with a level, the place and the fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from newsletter.rendering.digest import Digest
from newsletter.rendering.finding import Check, Finding, Page, Phrase, sheet_of
from newsletter.rendering.proofread import (
    active_content,
    alt_text,
    anchors,
    banned_phrases,
    characters,
    client_support,
    color_scheme,
    contrast,
    direction,
    doctype,
    echoes,
    headings,
    image_address,
    image_width,
    language,
    leftovers,
    line_length,
    link_address,
    link_color,
    link_text,
    live_links,
    live_titles,
    mixed_directions,
    modern_css,
    past_dates,
    postal_address,
    preferences_and_view,
    preheader,
    repeats,
    shorteners,
    size,
    slots,
    style_size,
    style_syntax,
    subject,
    tables,
    template,
    text_part,
    title,
    touch_targets,
    type_size,
    unsubscribe,
    web_fonts,
    width,
    words_and_images,
)

__all__ = ["LIVE", "OF_THE_MOMENT", "OVERRIDABLE", "RULES", "Finding", "proofread", "sort"]

RULES: dict[str, Check] = {  # in the order of docs/reference/proofread.md
    "size": size.check,
    "style_size": style_size.check,
    "style_syntax": style_syntax.check,
    "subject": subject.check,
    "unsubscribe": unsubscribe.check,
    "preferences_and_view": preferences_and_view.check,
    "postal_address": postal_address.check,
    "doctype": doctype.check,
    "language": language.check,
    "direction": direction.check,
    "alt_text": alt_text.check,
    "tables": tables.check,
    "headings": headings.check,
    "link_text": link_text.check,
    "link_color": link_color.check,
    "contrast": contrast.check,
    "color_scheme": color_scheme.check,
    "type_size": type_size.check,
    "touch_targets": touch_targets.check,
    "link_address": link_address.check,
    "leftovers": leftovers.check,
    "active_content": active_content.check,
    "web_fonts": web_fonts.check,
    "image_address": image_address.check,
    "image_width": image_width.check,
    "preheader": preheader.check,
    "client_support": client_support.check,
    "width": width.check,
    "words_and_images": words_and_images.check,
    "text_part": text_part.check,
    "line_length": line_length.check,
    "characters": characters.check,
    "mixed_directions": mixed_directions.check,
    "title": title.check,
    "modern_css": modern_css.check,
    "template": template.check,
    "repeats": repeats.check,
    "anchors": anchors.check,
    "shorteners": shorteners.check,
    "echoes": echoes.check,
    "slots": slots.check,
    "past_dates": past_dates.check,
    "live_links": live_links.check,
    "live_titles": live_titles.check,
    "banned_phrases": banned_phrases.check,
}
OF_THE_MOMENT = ("past_dates", "banned_phrases")  # what they say of one rendering changes with time and house words
OVERRIDABLE = frozenset(RULES) - {"unsubscribe", "postal_address"}  # those two are the law in most countries
LIVE = ("live_links", "live_titles", "image_address")  # what they say of one rendering depends on what was fetched


def proofread(
    rendering: object,
    digest: Digest,
    *,
    production: bool,
    now: datetime | None = None,
    list_unsubscribe: Iterable[str] | None = None,
    pages: Mapping[str, Page] | None = None,
    phrases: Iterable[Phrase] = (),
    rules: Iterable[str] = tuple(RULES),
) -> tuple[Finding, ...]:
    """Return every finding of ``rules`` in a rendering, or in a stored one with its fields; errors first.

    Outside production the rules about https are warnings. Nothing is fetched: ``pages`` are addresses with what stood
    there, for the rules that speak of live pages. ``list_unsubscribe`` are the addresses of that header, None where it
    is not known; without ``now`` nothing is over.
    """
    sheet = sheet_of(
        rendering,
        digest,
        production=production,
        now=now,
        list_unsubscribe=None if list_unsubscribe is None else tuple(list_unsubscribe),
        pages=pages or {},
        phrases=tuple(phrases),
    )
    return sort(finding for rule in rules for finding in RULES[rule](sheet))


def sort(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with errors first, each once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: "EWI".index(finding.level)))
