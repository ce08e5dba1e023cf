"""38 · No id and no article twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterator[Finding]:
    """Count ids of elements and of articles."""
    for name, times in Counter(str(e.get("id")) for e in sheet.tree.xpath("//*[@id]")).items():
        if times > 1:
            yield Finding("repeats", "E", f"id {name}", "Give every element an id of its own.")
    items = [item.article_id for section in sheet.digest.sections for item in section.items]
    for article, times in Counter(items).items():
        if times > 1:
            yield Finding("repeats", "W", f"article {article}", f"It stands {times} times in this issue.")
