"""Every form in which sources write articles down."""

from __future__ import annotations

from newsletter.ingest.source import Form
from newsletter.ingest.sources.page_export import PageExport

SOURCES: dict[str, Form] = {"page-export": PageExport()}
