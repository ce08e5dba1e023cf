"""Every source of articles."""

from __future__ import annotations

from newsletter.ingest.source import Source
from newsletter.ingest.sources.page_export import PageExport

SOURCES: dict[str, Source] = {"page-export": PageExport()}
