"""``newsletter verify``: is this mail a copy of an issue we approved?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.verify import verify
from newsletter.errors import Invalid
from newsletter.management.verb import REFUSED, Verb


class Command(Verb):
    help = (
        "Prove that an archived mail is a copy of an approved issue: says which, under which seal, or what differs. "
        "Exit code 1 when it is not proven."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.eml")

    def run(self, *, file: Path, **_: Any) -> dict[str, Any]:
        try:
            octets = file.read_bytes()
        except OSError as error:
            reason = f"{file} cannot be read: {error.strerror}."
            raise Invalid(reason, where=str(file), fix="Give one .eml file.") from None
        verdict = verify(octets)
        return {**asdict(verdict), **({} if verdict.verified else {"exit_code": REFUSED})}
