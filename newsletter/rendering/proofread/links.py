"""14, 20 · Every link goes somewhere and says where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.rendering.finding import Finding, Sheet, excerpt

GENERIC = frozenset({"click here", "here", "more", "link", "this", "hier", "ici", "aquí", "здесь", "هنا", "这里"})


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at every link."""
    targets: dict[str, set[str]] = defaultdict(set)
    for address, text in sheet.hrefs:
        place = f"link {excerpt(text or address)}"
        if not text:
            yield Finding("links", "E", place, "Give the link a text.")
        elif text.lower() in GENERIC:
            yield Finding("links", "W", place, "Say where it leads.")
        if sheet.is_slot(address):
            continue
        targets[text].add(address)
        scheme = urlsplit(address).scheme.lower()
        if scheme not in ("https", "http", "mailto", "tel"):
            yield Finding("links", "E", place, "Use a whole address with https, mailto or tel.")
        elif scheme == "http":
            yield Finding("links", "W", place, "Use https.")
    for text, addresses in targets.items():
        if text and len(addresses) > 1:
            yield Finding("links", "W", f"links {excerpt(text)}", "The same text leads to different places.")
