"""``newsletter ingest``: what the CMS exported goes in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.ingest.sources import SOURCES
from newsletter.ingest.store import ingest_paths
from newsletter.ingest.url_map import read_url_map
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Ingest articles from files: `newsletter ingest page-export PATH...`; other forms: jsonl, csv, feed, ..."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("form", choices=list(SOURCES), help="the form of the files")
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
        parser.add_argument("--source", default="", metavar="CODE", help="where they come from (default the form)")
        parser.add_argument("--url-map", type=Path, metavar="FILE.tsv", help="lines of: file name, tab, address")

    def run(self, *, form: str, paths: list[Path], source: str, url_map: Path | None, **_: Any) -> dict[str, Any]:
        addresses = read_url_map(url_map) if url_map else {}
        return asdict(ingest_paths(paths, form=form, source=source or form, url_map=addresses, now=now()))
