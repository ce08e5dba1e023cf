"""45 · No link is dead or leads round a corner; only where the links were followed on request."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at what stood at each address."""
    for address in dict.fromkeys(link.address for link in sheet.links):
        page = sheet.pages.get(address)
        if page is None:
            continue
        place = f"link {excerpt(address)}"
        if page.trouble:
            fix = "Correct the address or take the link out." if page.dead else "Look yourself; we could not."
            yield Finding("live_links", "E" if page.dead else "W", f"{place}: {excerpt(page.trouble)}", fix)
        elif _bare(page.address) != _bare(address):
            yield Finding("live_links", "E", place, f"It is redirected; use {excerpt(page.address, 200)}")


def _bare(address: str) -> str:
    return address.partition("#")[0].rstrip("/")
