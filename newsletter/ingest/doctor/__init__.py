"""The CMS doctor: what is odd in the articles, and what would set it right. (The system's own health is elsewhere.)"""

from __future__ import annotations

from newsletter.ingest.doctor.checks import CHECKS
from newsletter.ingest.doctor.findings import Page, counts, counts_of_newest, findings, of_article
from newsletter.ingest.doctor.odd import Odd
from newsletter.ingest.doctor.set_right import set_right
from newsletter.ingest.doctor.settle import settle, unsettle

__all__ = [
    "CHECKS",
    "Odd",
    "Page",
    "counts",
    "counts_of_newest",
    "findings",
    "of_article",
    "set_right",
    "settle",
    "unsettle",
]
