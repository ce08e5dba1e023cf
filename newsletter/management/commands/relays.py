"""``newsletter relays``: where mail is handed over, how fast, and what ails it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.relays.describe import describe_pace, describe_relays
from newsletter.delivery.relays.relay_file import dump, load
from newsletter.errors import Invalid
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Relays and the pace of domains: `relays`, `relays load FILE.toml`, `relays dump`."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "load", "dump"], nargs="?", default="list")
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE.toml", help="all relays and domains there are")

    def run(self, *, act: str, file: Path | None, **_: Any) -> dict[str, Any]:
        if act == "dump":
            return {"toml": dump()}
        if act == "load":
            load(_text(file), where=str(file))
        return {"relays": describe_relays(now()), "pace": describe_pace(now())}

    def in_words(self, answer: dict[str, Any]) -> str:
        return str(answer["toml"]) if "toml" in answer else super().in_words(answer)


def _text(file: Path | None) -> str:
    if file is None:
        raise Invalid("No file is named.", where="FILE.toml", fix="Give the file that holds all relays.")
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", where=str(file), fix="Give a UTF-8 TOML file.") from None
