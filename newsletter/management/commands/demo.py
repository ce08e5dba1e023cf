"""``newsletter demo``: the main job from CMS export to mailbox, once, on this machine, without a question."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from newsletter import embedded
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.control import send
from newsletter.delivery.preview import preview
from newsletter.delivery.status import status
from newsletter.embedded import mailbox
from newsletter.errors import Unavailable
from newsletter.issues.approve import approve
from newsletter.issues.describe import describe_issue
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import State
from newsletter.issues.models import Issue
from newsletter.management.sample import load_newsroom
from newsletter.management.supervise import Crew, crew
from newsletter.management.verb import Verb, now

CODE = "ctw"
PATIENCE_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.1


class Command(Verb):
    help = "Run the main job on the sample newsroom: ingest, draft, render, approve, send, account."

    def run(self, *, by: str, **_: Any) -> dict[str, Any]:
        took: dict[str, float] = {}
        try:
            with crew(settings.HOME / "logs") as hands:
                return self._journey(hands, by, took)
        finally:
            embedded.down()

    def _journey(self, hands: Crew, by: str, took: dict[str, float]) -> dict[str, Any]:
        catcher = mailbox.start(settings.HOME)
        hands.start("worker", ["-m", "newsletter", "worker"])
        with _timed("load and ingest", took):
            newsroom = load_newsroom(by=by, now=now(), readers_of=(CODE,))
        with _timed("draft", took):
            issue = draft(Newsletter.objects.get(code=CODE), now=now(), by=by)
        with _timed("render and proofread", took):
            shown = preview(issue.pk, out=settings.HOME / "preview", now=now())
        approve(issue.pk, by=by, now=now())
        with _timed("wait for the worker", took):
            _until(hands, lambda: " ready." in (hands.logs / "worker.log").read_text(errors="replace"))
        with _timed("send", took):
            send(issue.pk, by=by, now=now())
            answer = _wait(issue, hands)
        caught = catcher.save_newest(settings.HOME / "preview" / "received.eml")
        described = describe_issue(issue)
        return {
            "ingested": f"{newsroom.articles.new} articles, {len(newsroom.articles.quarantined)} quarantined",
            "readers": newsroom.readers.loaded,
            "issue": issue.pk,
            "subject": shown["subject"],
            "state": answer["state"],
            "rendering": f"{shown['milliseconds']:.0f} ms, HTML {shown['bytes']['html']:,} bytes",
            "findings": Counter(finding["level"] for finding in shown["findings"]) or "none",
            **{state: answer["counts"][state] for state in ("accepted", "refused", "in_doubt")},
            "caught": catcher.count(),
            "messages_per_second": round(answer["rate"] or 0),
            "seconds": {name: round(seconds, 2) for name, seconds in took.items()},
            "picked": [
                {
                    "section": part["title"],
                    "title": pick["title"],
                    "byline": pick["byline"],
                    "why": _why(pick["reason"]),
                }
                for part in described["sections"]
                for pick in part["picks"]
            ],
            "left_out": dict(Counter(row["reason"] for row in described["left_out"])),
            "files": [*shown["files"], str(caught)],
        }


def _why(reason: dict[str, Any]) -> str:
    return str(reason.get("words") or reason.get("code") or "")


def _wait(issue: Issue, hands: Crew) -> dict[str, Any]:
    """Return the status once every delivery is final."""
    _until(hands, lambda: status(issue.pk)["state"] in (State.SENT, State.PAUSED, State.CANCELLED))
    return status(issue.pk)


def _until(hands: Crew, done: Callable[[], bool]) -> None:
    """Wait for something the worker does; raises ``Unavailable`` when that takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline or hands.fallen():
            raise Unavailable("The worker did not do it in time.", where="worker", fix=f"Read {hands.logs}/worker.log.")
        time.sleep(LOOK_EVERY_SECONDS)


@contextmanager
def _timed(name: str, took: dict[str, float]) -> Iterator[None]:
    sys.stderr.write(f"{name} ...\n")
    start = time.perf_counter()
    yield
    took[name] = time.perf_counter() - start
