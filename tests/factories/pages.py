"""Page exports as the CMS writes them, made to order."""

from __future__ import annotations

import json
from typing import Any

from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources.page_export import PageExport

DISCLAIMER = (
    "Carnegie does not take institutional positions on public policy issues; the views represented herein are those of "
    "the author(s) and do not necessarily reflect the views of Carnegie, its staff, or its trustees."
)
TITLE = "Rivers Without Borders: The Politics of Shared Water"
TEASER = (
    "Treaties on shared rivers were written for a wetter century, and the next drought will test every one of them."
)
PARAGRAPH = (
    "The basin states signed their treaty when rain was plentiful and dams were few. Neither is true today, and the "
    "commission that should divide the flow has not met for three years, while the gauges upstream have gone silent."
)


def metadata(**given: Any) -> dict[str, Any]:
    """The metadata object, in the order of the CMS; ``given`` replaces values."""
    plain: dict[str, Any] = {
        "authors": ["Ada Byron"],
        "type": "commentary",
        "centerAffiliationAll": "dc",
        "centers": ["Meridian Institute", "Meridian Europe"],
        "collections": [],
        "englishNewsletterAll": "ctw",
        "nonEnglishNewsletterAll": "",
        "primaryCenter": "Meridian Institute",
        "programAffiliation": "russia",
        "programs": ["Democracy, Conflict, and Governance"],
        "projects": [],
        "regions": ["Middle East", "Iran"],
        "topics": ["Foreign Policy", "Climate Change"],
    }
    return {**plain, **given}


def page(text: str, *, before: str = "", indent: int | None = 2, **given: Any) -> bytes:
    """A page: what is left over from elsewhere, the metadata, and ``text`` glued to its closing brace."""
    return f"{before}{json.dumps(metadata(**given), indent=indent, ensure_ascii=False)}{text}".encode()


def whole_page(title: str = TITLE, teaser: str = TEASER, **given: Any) -> bytes:
    """A page with everything in place, in the compact layout."""
    body = f"{PARAGRAPH}\n{PARAGRAPH.replace('basin', 'delta')}"
    return page(f"Source: Getty\n{title}\n{teaser}\nSource: Basin Quarterly\n{body}\n{DISCLAIMER}\n", **given)


def read(content: bytes, *, url: str = "") -> IncomingArticle:
    """The article in a page that must be taken."""
    [found] = PageExport().read(content, key="page.txt", url=url)
    assert isinstance(found, IncomingArticle), found
    return found


def refuse(content: bytes, *, url: str = "") -> RefusedRecord:
    """The refusal of a page that must be quarantined."""
    [found] = PageExport().read(content, key="page.txt", url=url)
    assert isinstance(found, RefusedRecord), found
    return found
