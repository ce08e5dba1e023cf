"""``newsletter rebuild``: the approved bytes once more, from what the approval keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.rebuilt import describe_rebuild, write_rebuild
from newsletter.issues.rebuild import rebuild
from newsletter.management.verb import REFUSED, Verb


class Command(Verb):
    help = (
        "Make an approved issue again from its lock alone and compare every byte; says what changed since. "
        "Exit code 1 when anything differs."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--seal", default="", metavar="BEGINNING", help="of an earlier approval")
        parser.add_argument("--out", type=Path, metavar="DIR", help="write issue.html, .txt and .eml")

    def run(self, *, issue: int, seal: str, out: Path | None, **_: Any) -> dict[str, Any]:
        done = rebuild(issue, seal=seal)
        told = describe_rebuild(done)
        files = {"files": write_rebuild(done, out)} if out else {}
        return {**told, **files, **({} if told["same"] else {"exit_code": REFUSED})}
