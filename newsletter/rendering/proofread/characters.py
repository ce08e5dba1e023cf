"""32 · No character that cannot be read, and none that turns the direction of what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt

_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ud800-\udfff\u202a-\u202e]")


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look through subject and items."""
    fields = [("subject", sheet.subject), ("preheader", sheet.preheader), ("note", sheet.digest.note)]
    for section in sheet.digest.sections:
        for item in section.items:
            fields += [(f"article {item.article_id}", f"{item.headline} {item.teaser} {item.byline}")]
    for place, text in fields:
        if _BAD.search(text):
            yield Finding("characters", "E", f"{place}: {excerpt(text)}", "Remove the broken or invisible character.")
