"""40 · Readers see where a link leads; filters distrust shortened ones."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.rendering.finding import Finding, Sheet, excerpt

HOSTS = frozenset({"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "cutt.ly"})


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the host of every link."""
    for address, _ in sheet.hrefs:
        try:
            host = urlsplit(address).hostname or ""
        except ValueError:
            continue
        if host.removeprefix("www.") in HOSTS:
            yield Finding("shorteners", "W", f"link {excerpt(address)}", "Use the whole address.")
