"""``newsletter web``: the desk and the public pages."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import CommandParser

from newsletter.access.same_keys import check_keys_if_possible
from newsletter.images.same_folder import check_folder_if_possible
from newsletter.management.verb import Verb

log = logging.getLogger(__name__)


class Command(Verb):
    help = "Serve the desk and the public pages until it is told to stop."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default=f"127.0.0.1:{settings.WEB_PORT}", metavar="HOST:PORT")

    def run(self, *, bind: str, **_: Any) -> NoReturn:
        check_keys_if_possible()
        if trouble := check_folder_if_possible():
            log.warning("images_not_shared %s", trouble)
        arguments = ["--bind", bind, "--worker-class", "gthread", "--workers", "1", "--threads", "8"]
        arguments += ["--graceful-timeout", "10", "--log-level", "warning", "--no-control-socket"]
        os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments, "newsletter.web.wsgi:application"])  # noqa: S606  this process becomes that one
