"""13 · One h1, and no level of heading left out."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Walk the headings in their order."""
    headings = list(sheet.tree.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    firsts = sum(heading.tag == "h1" for heading in headings)
    if firsts != 1:
        yield Finding("headings", "W", f"{firsts} h1 headings", "Use exactly one, for the newsletter's title.")
    level = 0
    for heading in headings:
        own = int(str(heading.tag)[1])
        if own > level + 1:
            yield Finding("headings", "W", f"h{own}: {excerpt(heading.text_content(), 40)}", "Skip no level.")
        level = own
