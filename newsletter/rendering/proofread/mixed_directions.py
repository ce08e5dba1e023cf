"""33 · Words of the other direction stand isolated, so that punctuation stays where it belongs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt

ISOLATES = "\u2066\u2067\u2068"


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the bylines; sentences are left to the bidi algorithm."""
    for section in sheet.digest.sections:
        for item in section.items:
            kinds = {unicodedata.bidirectional(sign) for sign in item.byline if sign.isalpha()}
            if "L" in kinds and kinds & {"R", "AL"} and not any(sign in item.byline for sign in ISOLATES):
                place = f"article {item.article_id}: {excerpt(item.byline, 40)}"
                yield Finding("mixed_directions", "W", place, "Isolate the names of the other direction.")
