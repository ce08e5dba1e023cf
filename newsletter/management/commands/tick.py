"""``newsletter tick``: one turn of the clock, for system cron."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from newsletter.delivery.tick import tick
from newsletter.ingest.pull import pull_due
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Do what is due now: pull, draft, refresh, hold, send, reconcile. Safe to run twice and at once."

    def run(self, **_: Any) -> dict[str, Any]:
        pulled = pull_due(now=now())
        return {**asdict(tick(now())), "pulled": [one.source for one in pulled]}
