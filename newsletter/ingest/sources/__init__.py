"""Every form in which sources write articles down."""

from __future__ import annotations

from newsletter.ingest.source import Form
from newsletter.ingest.sources.csv_table import CsvTable
from newsletter.ingest.sources.feed import Feed
from newsletter.ingest.sources.json_feed import JsonFeed
from newsletter.ingest.sources.json_lines import JsonLines
from newsletter.ingest.sources.page_export import PageExport
from newsletter.ingest.sources.wordpress import WordPress

SOURCES: dict[str, Form] = {
    "page-export": PageExport(),
    "feed": Feed(),
    "json-feed": JsonFeed(),
    "wordpress": WordPress(),
    "jsonl": JsonLines(),
    "csv": CsvTable(),
}
