"""``newsletter worker``: freezes, sends, reconciles and finishes, all by itself."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import CommandParser

from newsletter.access.same_keys import check_keys_if_possible
from newsletter.images.same_folder import check_folder_if_possible
from newsletter.management.verb import Verb, positive

log = logging.getLogger(__name__)


class Command(Verb):
    help = "Run a worker (Celery, with the pump beside it) until it is told to stop."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=positive, default=settings.WORKER_PROCESSES)

    def run(self, *, processes: int, **_: Any) -> NoReturn:
        check_keys_if_possible()
        if trouble := check_folder_if_possible():
            log.warning("images_not_shared %s", trouble)
        arguments = ["-A", "workers.app", "worker", "--concurrency", str(processes), "--loglevel", "INFO"]
        arguments += [
            "-Q",
            "letters,deliver,upkeep",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
        os.execv(sys.executable, [sys.executable, "-m", "celery", *arguments])  # noqa: S606  this process becomes that one
