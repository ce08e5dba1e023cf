"""``newsletter export``: a finished issue as a folder or a zip archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.files import write_files
from newsletter.handover.export import export, zipped
from newsletter.handover.systems import SYSTEMS
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = (
        "Write an approved issue into a folder that stands alone: issue.html, .txt and .eml of every variant, the "
        "images it shows with relative links, and manifest.json."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--out", type=Path, required=True, metavar="DIR | FILE.zip")
        parser.add_argument("--for", dest="tags_of", choices=SYSTEMS, default="", help="with its personal tags")

    def run(self, *, issue: int, out: Path, tags_of: str, **_: Any) -> dict[str, Any]:
        files = export(issue, now=now(), tags_of=tags_of)
        if out.suffix.lower() == ".zip":
            written = write_files(out.parent, {out.name: zipped(files)})
        else:
            written = write_files(out, files)
        return {"issue": issue, "files": written}
