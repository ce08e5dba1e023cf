"""``newsletter explain``: why an article is in or out of the next issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.explain import explain
from newsletter.management.verb import Verb, newsletter_named, now


class Command(Verb):
    help = "Explain why an article is in or out of the next issue of a newsletter."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("article", type=int)

    def run(self, *, code: str, article: int, **_: Any) -> dict[str, Any]:
        return explain(newsletter_named(code), article, now=now())
