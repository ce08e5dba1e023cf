"""``newsletter pull``: bring in what sources have published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from newsletter.ingest.pull import pull, pull_due
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Pull the sources that are due, or one now: `pull [CODE]`."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?", default="")

    def run(self, *, code: str, **_: Any) -> dict[str, Any]:
        done = [pull(code, now=now())] if code else pull_due(now=now())
        failed = any(one.outcome == "failed" for one in done)
        return {"pulled": [asdict(one) for one in done], "exit_code": 1 if code and failed else 0}
