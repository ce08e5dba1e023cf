"""Logs carry ids and never a person: in words, as JSON, in tracebacks, and in a whole journey with failures."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path

import pytest

from newsletter.issues.models import Issue
from newsletter.letters.write import write
from newsletter.log_lines import JsonLines, Lines, masked
from tests.delivery.sink import sink
from tests.delivery.stage import make_issue, states
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
