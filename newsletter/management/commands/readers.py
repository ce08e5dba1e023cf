"""``newsletter readers``: bring readers in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.errors import Invalid
from newsletter.management.verb import Verb, newsletter_named, now
from newsletter.readers.load import load


class Command(Verb):
    help = "Load readers of a newsletter: `newsletter readers load FILE.csv --newsletter CODE`."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["load"])
        parser.add_argument("file", type=Path, metavar="FILE.csv", help="columns: email,name,language")
        parser.add_argument("--newsletter", required=True, metavar="CODE")

    def run(self, *, file: Path, newsletter: str, by: str, **_: Any) -> dict[str, Any]:
        title = newsletter_named(newsletter)
        try:
            with file.open("rb") as lines:
                return asdict(load(lines, newsletter=title, by=by, now=now(), file=file.name))
        except OSError as error:
            raise Invalid(f"{file} cannot be read: {error.strerror}", where=str(file), fix="Give a CSV file.") from None
