"""``newsletter load``: newsletter and brand definitions in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from newsletter.catalogue.load import load
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid
from newsletter.management.verb import Verb
from newsletter.selectors.check import check_section


class Command(Verb):
    help = "Load newsletters (or brands) from TOML files; all of them or none."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE.toml")

    def run(self, *, files: list[Path], **_: Any) -> dict[str, Any]:
        with transaction.atomic():
            loaded = [load(_read(file), where=str(file), check=check_section) for file in files]
        newsletters = [thing for thing in loaded if isinstance(thing, Newsletter)]
        return {
            "newsletters": [newsletter.code for newsletter in newsletters],
            "brands": [thing.code for thing in loaded if not isinstance(thing, Newsletter)],
        }


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", where=str(file), fix="Give a readable UTF-8 file.") from None
