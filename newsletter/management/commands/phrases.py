"""``newsletter phrases``: the list of phrases that the newsroom has banned."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.catalogue.models import BannedPhrase
from newsletter.catalogue.phrases import allow, ban
from newsletter.errors import Invalid
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Banned phrases: `phrases`, `phrases ban 'WORDS' --instead 'WORDS'`, `phrases allow ID`."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "ban", "allow"], nargs="?", default="list")
        parser.add_argument("what", nargs="?", default="", metavar="WORDS | ID")
        parser.add_argument("--instead", default="", metavar="WORDS", help="what the newsroom writes")

    def run(self, *, act: str, what: str, instead: str, by: str, **_: Any) -> dict[str, Any]:
        if act == "ban":
            return _row(ban(what, instead=instead, by=by, now=now()))
        if act == "allow":
            if not what.isdecimal() or len(what) > 18:
                raise Invalid(f"{what!r} is no phrase.", where="phrase", fix="Give its number.")
            return {"allowed": allow(int(what)).words}
        return {"phrases": [_row(one) for one in BannedPhrase.objects.all()]}


def _row(one: BannedPhrase) -> dict[str, Any]:
    return {"id": one.pk, "words": one.words, "instead": one.instead, "added_by": one.added_by}
