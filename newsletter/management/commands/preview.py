"""``newsletter preview``: the files of an issue, exactly as it would go out, with dead personal links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.preview import preview
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Write issue.html, issue.txt, issue.eml and issue.json into a folder."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--variant", default="", metavar="N", help="which variant, from 1 (default: for everybody)")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR")

    def run(self, *, issue: int, out: Path, variant: str, **_: Any) -> dict[str, Any]:
        return preview(issue, out=out, variant=variant, now=now())
