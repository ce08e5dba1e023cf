"""``newsletter proofread``: what the proofreader finds in an issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.findings import findings
from newsletter.issues.look_up import look_up
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Proofread an issue; exit code 1 when something keeps it from being approved."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--live", action="store_true", help="also follow every link and image")

    def run(self, *, issue: int, live: bool, by: str, **_: Any) -> dict[str, Any]:
        moment = now()
        if live:
            look_up(issue, by=by, now=moment)
        answer = findings(issue, now=moment)
        return {**answer, "exit_code": 1 if answer["blocking"] else 0}
