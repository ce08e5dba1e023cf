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

    def in_words(self, answer: dict[str, Any]) -> str:
        counts = ", ".join(f"{word} {answer[word]}" for word in ("new", "updated", "unchanged"))
        lines = [f"{counts}, quarantined {len(answer['quarantined'])}"]
        for row in answer["quarantined"]:
            lines += ["", f"{row['file']}: quarantined, {row['reason']} ({row['position']})", f"  {row['message']}"]
        for row in answer["changes"]:
            lines += ["", f"{row['file']}: article {row['article']} updated, {'major' if row['major'] else 'minor'}"]
            lines += [f"  {name}: {_difference(change)}" for name, change in row["fields"].items()]
        if answer["warnings"]:
            lines += ["", "Warnings:"]
        lines += [f"  {row['file']}: {row['code']}: {row['message']}" for row in answer["warnings"]]
        return "\n".join(lines) + "\n"


def _difference(change: dict[str, Any]) -> str:
    """Return a change on one line; what a person has set stays in force."""
    stays = " (a person has set this field: that stays in force)" if change["overridden"] else ""
    return f"{_value(change['before'])} -> {_value(change['after'])}{stays}"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)
