"""46 · A headline is that of the live article; only where the links were followed on request."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Compare each headline with what the article calls itself, blanks, case, quotes and dashes aside."""
    for item in sheet.items:
        page = sheet.pages.get(item.url)
        if page is None or not page.titles:
            continue
        headline = _bare(item.headline)
        if not any(headline and headline in _bare(title) for title in page.titles):
            place = f"article {item.article_id}: {excerpt(item.headline, 60)}"
            yield Finding("live_titles", "W", place, f"The article is called “{excerpt(page.titles[0], 120)}” now.")


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
