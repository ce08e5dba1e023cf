"""``newsletter beat``: the metronome; what is due is a question to the database."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

from django.conf import settings

from newsletter.access.same_keys import check_keys_if_possible
from newsletter.management.verb import Verb


class Command(Verb):
    help = "Run the ticker until it is told to stop."

    def run(self, **_: Any) -> NoReturn:
        check_keys_if_possible()
        schedule = str(settings.HOME / "beat-schedule")
        settings.HOME.mkdir(parents=True, exist_ok=True)
        arguments = ["-A", "workers.app", "beat", "--loglevel", "INFO", "--pidfile=", "--schedule", schedule]
        os.execv(sys.executable, [sys.executable, "-m", "celery", *arguments])  # noqa: S606  this process becomes that one
