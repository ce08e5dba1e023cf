"""``newsletter proof``: a marked test copy."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.proof import proof
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Send a marked test copy of an issue, with dead personal links, to one address."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--variant", default="", metavar="N", help="which variant, from 1 (default: for everybody)")
        parser.add_argument("--to", required=True, metavar="ADDRESS")

    def run(self, *, issue: int, to: str, variant: str, by: str, **_: Any) -> dict[str, Any]:
        letter = proof(issue, to=to, variant=variant, by=by, now=now())
        return {"letter": letter.pk, "state": letter.state}
