"""``newsletter keys``: has this host the same keys as the others?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.access.same_keys import ADDRESS_KEY, accept_key, compare_keys
from newsletter.errors import Refused
from newsletter.management.verb import Verb
from newsletter.readers.models import Reader, Suppression


class Command(Verb):
    help = "Compare the keys of this host with those of the others: `keys`, `keys accept NAME` after a change."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["show", "accept"], nargs="?", default="show")
        parser.add_argument("name", nargs="?", default="", help="a name that `keys` shows")

    def run(self, *, act: str, name: str, **_: Any) -> dict[str, Any]:
        if act == "accept":
            if name == ADDRESS_KEY and (Reader.objects.exists() or Suppression.objects.exists()):
                raise Refused(
                    "Readers and suppressions are found by the address key; with another one nobody would be found.",
                    where=ADDRESS_KEY,
                    fix="Set the key this database was filled with.",
                )
            accept_key(name)
        return {"keys": [{"name": one.name, "here": one.here, "since": one.since} for one in compare_keys()]}
