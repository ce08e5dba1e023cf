"""33 · Words of the other direction stand isolated, so that punctuation stays where it belongs (UAX 9)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt
from newsletter.rendering.words import direction_of

ISOLATES = "\u2066\u2067\u2068"
MARKS = "\u200e\u200f"


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the short fields of every item: names in both directions; a headline that begins in the other one."""
    for item in sheet.items:
        place = f"article {item.article_id}"
        fields = {"byline": item.byline, "published in": item.published_in, "quoted": item.quoted}
        if item.image:
            fields["credit"] = item.image.credit
        if item.event:
            fields["event place"] = item.event.place
        for name, text in fields.items():
            if _is_mixed(text):
                fix = "Isolate the names of the other direction."
                yield Finding("mixed_directions", "W", f"{place}, {name}: {excerpt(text, 40)}", fix)
        for name, text in (("headline", item.headline), ("teaser", item.teaser)):
            if _is_mixed(text) and direction_of(text) != item.direction:
                fix = "It begins in the other direction; isolate its first words."
                yield Finding("mixed_directions", "W", f"{place}, {name}: {excerpt(text, 40)}", fix)


def _is_mixed(text: str) -> bool:
    kinds = {unicodedata.bidirectional(sign) for sign in text if sign.isalpha()}
    return "L" in kinds and bool(kinds & {"R", "AL"}) and not any(sign in text for sign in ISOLATES + MARKS)
