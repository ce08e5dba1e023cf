"""``newsletter send``: let an approved issue go."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from newsletter.delivery.control import send
from newsletter.delivery.corrected import told_of_corrected
from newsletter.delivery.status import status
from newsletter.issues.lifecycle import State
from newsletter.management.verb import Verb, now, span_of_time

UNDER_WAY = frozenset({State.COOLING_OFF, State.FREEZING, State.SENDING})  # these end without a person
LOOK_EVERY = 0.5  # seconds between two looks while waiting


class Command(Verb):
    help = "Send an approved issue to its audience."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument(
            "--cool-off", type=span_of_time, metavar="10m", help="wait this long, so it can be pulled back"
        )
        parser.add_argument(
            "--expires", type=span_of_time, metavar="24h", help="what still waits then is not sent any more"
        )
        parser.add_argument("--spread", type=span_of_time, metavar="30m", help="let it go out over this long")
        parser.add_argument(
            "--wait", action="store_true", help="return when it is sent, or somebody stopped it or pulled it back"
        )

    def run(
        self,
        *,
        issue: int,
        cool_off: timedelta | None,
        expires: timedelta | None,
        spread: timedelta | None,
        wait: bool,
        by: str,
        **_: Any,
    ) -> dict[str, Any]:
        sent = send(issue, by=by, now=now(), cool_off=cool_off, expires=expires, spread=spread)
        if told := told_of_corrected(sent):
            sys.stderr.write(f"{told}\n")
        answer = status(issue)
        while wait and answer["state"] in UNDER_WAY:
            time.sleep(LOOK_EVERY)
            answer = status(issue)
            counts = answer["counts"]
            sys.stderr.write(f"\r{counts['accepted']} accepted of {sum(counts.values())} ")
        return answer
