"""``newsletter dump``: one definition out, the exact inverse of ``load``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.catalogue.dump import dump
from newsletter.management.verb import Verb, newsletter_named


class Command(Verb):
    help = "Write the definition of a newsletter as TOML."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")

    def run(self, *, code: str, **_: Any) -> dict[str, Any]:
        newsletter = newsletter_named(code)
        return {"newsletter": newsletter.code, "toml": dump(newsletter)}

    def in_words(self, answer: dict[str, Any]) -> str:
        return str(answer["toml"])
