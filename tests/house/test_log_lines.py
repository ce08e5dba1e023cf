"""Logs carry ids and never a person: in words, as JSON, in tracebacks, and in a whole journey with failures."""

from __future__ import annotations

import json
import logging
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import reverse

from newsletter.access.tokens import create
from newsletter.issues.models import Issue
from newsletter.letters.write import write
from newsletter.links.addresses import preferences, unsubscribe
from newsletter.log_lines import JsonLines, Lines, masked
from newsletter.management.supervise import crew as supervised
from newsletter.readers.models import Reader
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, make_issue, states
from tests.factories import NOW
from tests.workers.crew import broker_of_our_own, crew, wait_until

EVENT = "slice_ended issue=17 accepted=97 rate=8.5 why=because"


def record(message: str, *, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("newsletter.x", logging.WARNING, "x.py", 1, message, None, exc_info)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("refused ada.byron+x@readers.example twice", "refused (masked) twice"),
        ("to=<ada@readers.example>", "to=<(masked)>"),
        ("Key (address)=(ada@readers.example) already exists.", "Key ( (masked)"),
        ("DETAIL:  Failing row contains (1, Ada Byron, x).", "DETAIL: (masked)"),
        ("LINE 1: INSERT INTO x VALUES ('Ada Byron')", "LINE 1: (masked)"),
        ("Forbidden: /u/AbCdEf12-_x?y", "Forbidden: /u/(masked)?y"),
        ("Bearer nlt_dbd930be_Cz93Yv8kfji", "Bearer nlt_(masked)"),
        ("issue=17 accepted=97", "issue=17 accepted=97"),
    ],
)
def test_persons_are_masked_and_ids_are_not(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_an_event_is_a_json_object_with_its_fields() -> None:
    told = json.loads(JsonLines().format(record(EVENT)))
    del told["at"]
    assert told == {
        "level": "warning", "logger": "newsletter.x", "event": "slice_ended", "issue": 17, "accepted": 97,
        "rate": 8.5, "why": "because",
    }  # fmt: skip


@pytest.mark.parametrize("form", [Lines(), JsonLines()])
def test_a_traceback_is_masked_too(form: logging.Formatter) -> None:
    try:
        int("ada@readers.example")
    except ValueError:
        line = form.format(record("failed", exc_info=sys.exc_info()))
    assert ("ada@" in line, "ValueError" in line) == (False, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["line", "json"])
def test_a_journey_with_failures_logs_no_address_no_subject_and_no_body(form: str, tmp_path: Path) -> None:
    issue = make_issue(readers=120)
    write(
        "confirmation", key="k", sender=issue.newsletter.sender, address="secret@readers.example",
        subject="Secret subject", text="Secret body", now=NOW,
    )  # fmt: skip
    rules = {
        "r11@": ["550 5.1.1 no such person r11@readers.example", 0],
        "r12@": ["450 4.2.0 greylisted", 0],
        "secret@": ["550 5.1.1 no secret@readers.example here", 0],
    }
    log = tmp_path / "worker.log"
    with sink(tmp_path, rcpt=rules, cut_after_dot=5) as relay, crew(relay.port, log) as start:
        running = start(broker=broker_of_our_own(), NEWSLETTER_LOG_LEVEL="DEBUG", NEWSLETTER_LOG_FORMAT=form)
        wait_until(lambda: len(states(issue)) == 4 and "queued" not in states(issue), seconds=90)
        wait_until(lambda: "letter_ended" in log.read_text(), seconds=60)
        Issue.objects.filter(pk=issue.pk).update(state=Issue.State.CANCELLED)
        running.end()
    text = log.read_text()
    assert "slice_ended" in text
    assert re.findall(r"\S+@readers\.example|This week|Secret|Reader \d+|Dear ", text) == []


@pytest.mark.django_db(transaction=True)
def test_web_ticker_and_worker_log_no_person_and_no_key(tmp_path: Path) -> None:
    issue = make_issue(readers=60)
    reader = Reader.objects.get(address="r1@readers.example")
    links = [unsubscribe(reader.pk, issue.newsletter_id, issue.pk), preferences(reader.pk, issue.newsletter_id)]
    secret = create("a program", scopes=["issues:read"], by="ada", now=NOW)[1]
    logs = {name: tmp_path / f"{name}.log" for name in ("worker", "web", "beat")}
    with sink(tmp_path, rcpt={"r11@": ["550 5.1.1 no r11@readers.example", 0]}) as relay:  # noqa: SIM117  in this order
        with crew(relay.port, logs["worker"]) as start, supervised(tmp_path) as hands, free_port() as port:
            told = {"DATABASE_URL": database_url(), "NEWSLETTER_LOG_LEVEL": "DEBUG", "NEWSLETTER_SAFE_LIST": "*"}
            told |= {"NEWSLETTER_BASE_URL": f"http://127.0.0.1:{port}", "NEWSLETTER_HOME": str(tmp_path), **same_keys()}
            start(broker=broker_of_our_own(), **told)
            hands.start("web", ["-m", "newsletter", "web", "--bind", f"127.0.0.1:{port}"], environment=told)
            hands.start("beat", ["-m", "newsletter", "beat"], environment=told)
            wait_until(lambda: _asked(port, "GET", "/healthz") == 200, seconds=60)
            for link in links:
                for place in (urlsplit(link).path, urlsplit(link).path[:-2] + "zz"):
                    for method in ("GET", "POST", "DELETE"):
                        _asked(port, method, place, body="reader=r1@readers.example&name=Reader+1")
            for key in (secret, secret[:-1] + "0"):
                for place in ("/api/issues", "/api/issues/zz", f"/api/articles?key={key}"):
                    _asked(port, "POST", place, body="{", headers={"Authorization": f"Bearer {key}"})
                    _asked(port, "GET", place, headers={"Authorization": f"Bearer {key}"})
            _asked(port, "POST", reverse("desk:login"), body="username=r1@readers.example&password=Secret-pass-word")
            wait_until(lambda: Issue.objects.filter(pk=issue.pk, state=Issue.State.SENT).exists(), seconds=60)
            wait_until(lambda: "tick" in logs["beat"].read_text(), seconds=60)
    text = "".join(log.read_text() for log in logs.values())
    keys = [urlsplit(link).path.rsplit("/", 1)[1] for link in links]
    assert "slice_ended" in logs["worker"].read_text()
    assert "CSRF" in logs["web"].read_text()  # it logs no request, only what goes wrong
    assert re.findall(r"\S+@readers\.example|This week|Secret|Reader[ +]\d+|Dear ", text) == []
    assert [key for key in [*keys, secret] if key[:-2] in text] == []


def _asked(port: int, method: str, place: str, *, body: str = "", headers: dict[str, str] | None = None) -> int:
    """The status of a request, 0 for none."""
    form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    asked = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        asked.request(method, place, body=body or None, headers=form)
        return asked.getresponse().status
    except OSError:
        return 0
    finally:
        asked.close()


def same_keys() -> dict[str, str]:
    """Our keys, for processes with a home of their own."""
    links = " ".join(f"{number}:{secret}" for number, secret in settings.LINK_KEYS.items())
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "NEWSLETTER_LINK_KEYS": links,
        "NEWSLETTER_ADDRESS_KEY": settings.ADDRESS_KEY,
    }


@contextmanager
def free_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    yield port
