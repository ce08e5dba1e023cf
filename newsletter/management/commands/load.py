"""``newsletter load``: definitions of newsletters, brands and authors in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from newsletter.catalogue.load import load
from newsletter.catalogue.models import Brand, Newsletter
from newsletter.errors import Invalid
from newsletter.management.verb import Verb
from newsletter.readers.group import check_group
from newsletter.rendering.proofread import OVERRIDABLE
from newsletter.selectors.check import check_section


class Command(Verb):
    help = "Load newsletters, brands or authors from TOML files; all of them or none."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE.toml")

    def run(self, *, files: list[Path], **_: Any) -> dict[str, Any]:
        with transaction.atomic():
            loaded = [
                load(_read(file), where=str(file), check=check_section, check_group=check_group, rules=OVERRIDABLE)
                for file in files
            ]
        return {
            "newsletters": [thing.code for thing in loaded if isinstance(thing, Newsletter)],
            "brands": [thing.code for thing in loaded if isinstance(thing, Brand)],
            "authors": sum(len(thing) for thing in loaded if isinstance(thing, tuple)),
        }


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", where=str(file), fix="Give a readable UTF-8 file.") from None
