"""``newsletter database``: is sending held because the database was restored or failed over, and letting it go on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.rewind import Waiting, confirm, hold, standing
from newsletter.errors import Invalid
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Look whether sending is held; `database confirm --waiting send|doubt` lets it go on, `database hold` holds."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["show", "confirm", "hold"], nargs="?", default="show")
        parser.add_argument("--reason", default="", help="why sending is held by hand, for the history of the issues")
        parser.add_argument(
            "--waiting",
            choices=[choice.value for choice in Waiting],
            help="send: nothing was sent that this database does not know of; doubt: some may have been",
        )

    def run(self, *, act: str, waiting: str | None, reason: str, by: str, **_: Any) -> dict[str, Any]:
        if act == "hold":
            hold(by=by, reason=reason, now=now())
        if act == "confirm":
            if waiting is None:
                raise Invalid(
                    "Nobody but you can know what was sent since.",
                    where="--waiting",
                    fix="Give --waiting send (a restart, a replica without lag) or --waiting doubt (an older state).",
                )
            done = confirm(Waiting(waiting), by=by, now=now())
            return {"confirmed": True, "in_doubt": done.in_doubt, "held": list(done.held)}
        found = standing()
        return {
            "held": found.held,
            "reason": found.reason,
            "since": found.since,
            "confirmed_by": found.confirmed_by,
            "issues": list(found.waiting),
        }
