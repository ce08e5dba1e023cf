"""Follow every link and image of an issue, on request: what is dead, redirected, renamed or too heavy.

The network is asked through the guarded client of ``ingest``: bounded, and never into a private network.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from lxml import etree
from lxml import html as lxml_html

from newsletter.errors import NewsletterError, Refused
from newsletter.ingest.fetch import Fetched, Limits, fetch
from newsletter.issues.lifecycle import find, record
from newsletter.issues.models import IssueRendering
from newsletter.issues.render import renderings_of
from newsletter.rendering.digest import from_dict
from newsletter.rendering.finding import Page
from newsletter.rendering.personal import split
from newsletter.rendering.proofread import LIVE, Finding, proofread, sort

AT_ONCE = 8
MOST = 200  # addresses of one issue
SECONDS, SECONDS_IN_ALL = 10.0, 60.0
OCTETS = 2 << 20  # of a page or an image; enough to say that it is too heavy
GONE = frozenset(f"http_{status}" for status in (400, 404, 405, 410, 451))
TITLES = "//title/text() | //meta[@property='og:title']/@content | //h1"


def look_up(issue_id: int, *, by: str, now: datetime) -> list[IssueRendering]:
    """Return every variant of an issue with what its live pages gave among its findings; they stay until it changes."""
    renderings = renderings_of(find(issue_id), now=now)
    found = pages(address for one in renderings for address in _addresses(one))
    for one in renderings:
        one.findings = [asdict(finding) for finding in _with_live(one, found)]
        # where it was rendered anew meanwhile, what was found is of the past
        IssueRendering.objects.filter(pk=one.pk, content_hash=one.content_hash).update(findings=one.findings)
    record(issue_id, "look_up", by=by, now=now, detail={"addresses": len(found)})
    return renderings


def _with_live(rendering: IssueRendering, found: Mapping[str, Page]) -> tuple[Finding, ...]:
    """Return the findings of a rendering, those that depend on live pages told anew."""
    kept = [Finding(**finding) for finding in rendering.findings if finding["rule"] not in LIVE]
    digest = from_dict(rendering.digest)
    return sort([*kept, *proofread(rendering, digest, production=settings.PRODUCTION, pages=found, rules=LIVE)])


def pages(addresses: Iterable[str]) -> dict[str, Page]:
    """Return what stands at each address; what could not be looked at in time says so."""
    wanted = list(dict.fromkeys(addresses))
    deadline = time.monotonic() + SECONDS_IN_ALL
    with ThreadPoolExecutor(AT_ONCE) as several:
        found = several.map(lambda address: _page(address, deadline), wanted[:MOST])
        answers = dict(zip(wanted, found, strict=False))
    return answers | {address: Page(address, trouble="too many addresses") for address in wanted[MOST:]}


def _addresses(rendering: IssueRendering) -> list[str]:
    tree = lxml_html.document_fromstring(rendering.html)
    found = [str(address) for address in tree.xpath("//a/@href | //img/@src")]
    plain = [one for one in found if one.startswith(("http://", "https://"))]
    return [one for one in plain if all(isinstance(part, str) for part in split(one, rendering.nonce))]


def _page(address: str, deadline: float) -> Page:
    seconds = min(SECONDS, deadline - time.monotonic())
    if seconds <= 0:
        return Page(address, trouble="no time was left to look")
    try:
        answer = fetch(address, limits=Limits(octets=OCTETS, seconds=seconds, allowed=settings.PULL_ALLOW))
    except Refused as error:
        if error.code == "too_large":
            return Page(address, octets=OCTETS + 1)
        return Page(address, trouble=error.message, dead=error.code in GONE or error.code == "private_address")
    except NewsletterError as error:
        return Page(address, trouble=error.message, dead="resolve" in error.message)
    image = answer.headers.get("content-type", "").startswith("image/")
    return Page(answer.url, octets=len(answer.content) if image else 0, titles=() if image else _titles(answer))


def _titles(answer: Fetched) -> tuple[str, ...]:
    """Return what a page calls itself; nothing for what is no HTML."""
    if "html" not in answer.headers.get("content-type", ""):
        return ()
    try:
        tree = lxml_html.document_fromstring(answer.content, parser=lxml_html.HTMLParser(encoding=_encoding(answer)))
    except (etree.LxmlError, ValueError, LookupError):
        return ()
    texts = [one if isinstance(one, str) else one.text_content() for one in tree.xpath(TITLES)]
    return tuple(dict.fromkeys(" ".join(text.split())[:500] for text in texts if text.strip()))


def _encoding(answer: Fetched) -> str | None:
    """Return the encoding that the headers name; None lets the page itself say it."""
    found = answer.headers.get("content-type", "").lower().partition("charset=")[2].strip(" \"';")
    return found or None
