"""``newsletter up``: everything a laptop needs, in one go, until Ctrl-C."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import CommandParser

from newsletter import embedded
from newsletter.catalogue.models import Newsletter
from newsletter.embedded import mailbox
from newsletter.errors import Refused, Unavailable
from newsletter.management.sample import load_newsroom, show_logos, show_pictures
from newsletter.management.supervise import Crew, crew
from newsletter.management.verb import Verb, now

READY_SECONDS = 60


class Command(Verb):
    help = "Run web, worker, ticker and mail catcher together (not for production)."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sample", action="store_true", help="load the sample newsroom when nothing is loaded yet")

    def run(self, *, sample: bool, by: str, **_: Any) -> dict[str, Any]:
        if settings.PRODUCTION:
            raise Refused(
                "`up` is for laptops.",
                where="NEWSLETTER_ENV",
                fix="Run web, worker and beat as services of their own.",
            )
        _refuse_taken_port(settings.WEB_PORT)
        if sample and not Newsletter.objects.exists():
            _say("Loading the sample newsroom ...")
            load_newsroom(by=by, now=now())
            show_pictures()
            show_logos()
        password = _staff_password()
        with crew(settings.HOME / "logs") as hands, contextlib.suppress(KeyboardInterrupt):
            catcher = mailbox.start(settings.HOME)
            for name in ("web", "worker", "beat"):
                hands.start(name, ["-m", "newsletter", name])
            _wait_until_ready(hands)
            _say(f"Desk:        {address()}  (name: staff, password: {password})")
            _say(f"Caught mail: {catcher.page}")
            _say(f"Logs:        {settings.HOME / 'logs'}\nCtrl-C ends everything.")
            while not hands.fallen():
                time.sleep(1)
            _say(f"{hands.fallen()} ended by itself; its log tells why.")
        embedded.down()
        return {"stopped": True}


def address() -> str:
    """Return where the desk is, and where it listens when the public address leads elsewhere."""
    public = urlsplit(settings.SITE_URL)
    if public.hostname in settings.LOOPBACK and public.port == settings.WEB_PORT:
        return str(settings.SITE_URL)
    return f"{settings.SITE_URL}, listening at http://127.0.0.1:{settings.WEB_PORT}"


def _refuse_taken_port(port: int) -> None:
    """Raise ``Refused`` where somebody listens already, perhaps an ``up`` of this home: it must go on undisturbed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(
                f"The desk cannot listen at 127.0.0.1:{port}: {error.strerror}.",
                where="NEWSLETTER_WEB_PORT",
                fix="Is `newsletter up` running already? End it, or name another port.",
            ) from None


def _staff_password() -> str:
    """Set and return a new password of the user ``staff``, an administrator of this laptop."""
    password = secrets.token_urlsafe(12)
    user, _ = get_user_model().objects.get_or_create(username="staff")
    user.is_superuser = user.is_staff = True
    user.set_password(password)
    user.save()
    return password


def _wait_until_ready(hands: Crew) -> None:
    """Wait until the desk answers."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not hands.fallen():
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", settings.WEB_PORT), timeout=1),
        ):
            return
        time.sleep(0.2)
    raise Unavailable("The desk did not start.", where="web", fix=f"Read {hands.logs / 'web.log'}.")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
