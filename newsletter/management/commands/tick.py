"""``newsletter tick``: one turn of the clock, for system cron."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from newsletter.access.same_keys import check_keys
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.tick import tick
from newsletter.ingest.pull import pull_due
from newsletter.issues.fetch_images import fetch_images
from newsletter.management.verb import Verb


class Command(Verb):
    help = (
        "Do what is due now: pull, draft, refresh, hold, send, reconcile, fetch images. Safe to run twice and at once."
    )

    def run(self, **_: Any) -> dict[str, Any]:
        check_keys()
        pulled = pull_due(now=database_now())
        done = asdict(tick(database_now()))
        images = [one.image_id for one in fetch_images(now=database_now()) if one.image_id]
        return {**done, "pulled": [one.source for one in pulled], "images": images}
