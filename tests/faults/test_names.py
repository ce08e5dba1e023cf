"""The relay's name does not resolve, or the resolver says nothing: waited for, nothing burnt, nothing held up (F31)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from newsletter.delivery.ledger import LEASE_SECONDS
from newsletter.delivery.models import Chunk
from newsletter.delivery.relay import Relay
from newsletter.delivery.transports.smtp import Smtp
from tests.delivery.resolver import know_no_name
from tests.delivery.sink import sink
from tests.delivery.stage import make_issue, sending_issue, states, to
from tests.faults.account import account
from tests.faults.drive import drive, is_sent
from tests.faults.names import KNOWN, SILENT, UNKNOWN, missing, names
from tests.workers.crew import crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
needs_resolver = pytest.mark.skipif(bool(missing()), reason=missing() or "nothing")
READERS, CONNECTIONS = 300, 8
RELAY = "relay.names.example"


@pytest.mark.short
def test_a_name_that_does_not_resolve_burns_no_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know_no_name(monkeypatch)
    issue, away = sending_issue(readers=READERS), time.monotonic() + 4
    with sink(tmp_path) as relay:

        def way() -> Smtp:
            unknown = Smtp(Relay("relay.invalid", relay.port), most=4)
            return unknown if time.monotonic() < away else to(relay.port)

        drive(issue, way, slice_seconds=2)
        recovered = time.monotonic() - away
        account("F31", "the relay's name does not resolve", issue, relay, recovered=recovered)
    assert states(issue) == {"accepted": READERS}
    assert set(issue.deliveries.values_list("attempts", flat=True)) == {1}


@needs_resolver
@pytest.mark.parametrize(
    ("mode", "words", "away"),
    [
        pytest.param(UNKNOWN, "the relay's name is unknown", 20, id="unknown"),
        pytest.param(SILENT, "the resolver says nothing", LEASE_SECONDS + 30, id="silent"),
    ],
)
def test_a_worker_waits_for_its_resolver_and_keeps_its_lease(mode: str, words: str, away: int, tmp_path: Path) -> None:
    issue = make_issue(readers=READERS)
    log = tmp_path / "worker.log"
    with names(tmp_path) as resolver, sink(tmp_path) as relay, crew(relay.port, log) as start:
        resolver.mode = mode
        start(connections=CONNECTIONS, before=resolver.command(), NEWSLETTER_SMTP_URL=f"smtp://{RELAY}:{relay.port}")
        wait_until(lambda: resolver.asked > 0, seconds=60)
        time.sleep(away)
        assert relay.accepted() == []
        resolver.mode = KNOWN
        struck = time.monotonic()
        wait_until(lambda: is_sent(issue), seconds=90)
        recovered = time.monotonic() - struck
        account("F31", f"{words} for {away} s", issue, relay, recovered=recovered)
    assert states(issue) == {"accepted": READERS}
    assert set(issue.deliveries.values_list("attempts", flat=True)) == {1}
    assert "chunk_taken_back" not in log.read_text()
    assert recovered < 60


@needs_resolver
def test_a_worker_ends_in_time_although_its_resolver_says_nothing(tmp_path: Path) -> None:
    issue = make_issue(readers=READERS)
    with names(tmp_path) as resolver, sink(tmp_path) as relay, crew(relay.port, tmp_path / "worker.log") as start:
        worker = start(
            connections=CONNECTIONS, before=resolver.command(), NEWSLETTER_SMTP_URL=f"smtp://{RELAY}:{relay.port}"
        )
        wait_until(lambda: Chunk.objects.filter(issue=issue, claims__gt=0).exists(), seconds=60)
        told = time.monotonic()
        assert worker.end() == 0
        took = time.monotonic() - told
        wait_until(lambda: not Chunk.objects.filter(owner__isnull=False).exists(), seconds=5)
    assert states(issue) == {"queued": READERS}
    assert took < 15
