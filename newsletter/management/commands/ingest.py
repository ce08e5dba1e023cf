"""``newsletter ingest``: what the CMS exported goes in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.ingest.store import ingest_paths
from newsletter.ingest.url_map import read_url_map
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Ingest articles: `newsletter ingest page-export PATH...`."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=["page-export"], help="the form of the files")
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
        parser.add_argument("--url-map", type=Path, metavar="FILE.tsv", help="lines of: file name, tab, address")

    def run(self, *, paths: list[Path], url_map: Path | None, **_: Any) -> dict[str, Any]:
        addresses = read_url_map(url_map) if url_map else {}
        return asdict(ingest_paths(paths, url_map=addresses, now=now()))
