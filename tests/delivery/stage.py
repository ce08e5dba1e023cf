"""A stage for deliveries: an issue with a frozen rendering, readers by the thousand, and the oracle."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.utils import timezone

from newsletter.catalogue.models import Newsletter
from newsletter.delivery.freeze import freeze
from newsletter.delivery.ledger import RECOUNT
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, DeliveryState, Sending
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.relay import Relay
from newsletter.delivery.transports.smtp import Smtp
from newsletter.issues.models import Issue, IssueRendering
from newsletter.rendering.personal import Slot, token
from tests.delivery.sink import Sink
from tests.factories import make_newsletter

NONCE = "n0nce"
FINAL = {
    DeliveryState.ACCEPTED,
    DeliveryState.REFUSED,
    DeliveryState.IN_DOUBT,
    DeliveryState.SKIPPED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
}


def take_back() -> None:
    """Reconcile until nobody holds a chunk: PostgreSQL needs a moment to see that a killed worker is gone."""
    end = time.monotonic() + 10
    reconcile(timezone.now())
    while Chunk.objects.filter(state=ChunkState.LEASED).exists() and time.monotonic() < end:
        time.sleep(0.05)
        reconcile(timezone.now())


def add_readers(newsletter: Newsletter, number: int, *, prefix: str = "r") -> None:
    """Subscribe ``number`` readers r1@readers.example, r2@... in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO newsletter_reader (address, address_hash, name, language, created_at) "
            "SELECT %s || n || '@readers.example', decode(md5(%s || n) || md5('x' || %s || n), 'hex'), "
            "'Reader ' || n, 'en', now() FROM generate_series(1, %s) n RETURNING id) "
            "INSERT INTO newsletter_subscription (reader_id, newsletter_id, state, since) "
            "SELECT id, %s, 'active', now() FROM made",
            [prefix, prefix, prefix, number, newsletter.pk],
        )


def make_issue(
    newsletter: Newsletter | None = None, *, readers: int = 0, kilobytes: int = 1, now: datetime | None = None
) -> Issue:
    """An issue that was sent and waits for its audience to be frozen, with a stored rendering."""
    newsletter = newsletter or make_newsletter()
    now = now or timezone.now()
    if readers:
        add_readers(newsletter, readers)
    issue = Issue.objects.create(
        newsletter=newsletter,
        kind=Issue.Kind.SPECIAL,
        state=Issue.State.FREEZING,
        window_to=now,
        sending_at=now,
        created_at=now,
        updated_at=now,
    )
    filling = "<p>Long words on a short story.</p>\n" * (kilobytes * 28)
    IssueRendering.objects.create(
        issue=issue,
        issue_version=issue.version,
        nonce=NONCE,
        subject="This week",
        html=(
            f"<!DOCTYPE html>\n<html><body><p>Dear {_slot('name', 'text')}</p>\n{filling}"
            f'<a href="{_slot("unsubscribe", "url")}">leave</a></body></html>'
        ),
        text=f"Dear {_slot('name', 'plain')}\n{_slot('unsubscribe', 'plain')}\n.\n",
        digest={},
        content_hash="0",
        rendered_at=now,
    )
    return issue


def sending_issue(newsletter: Newsletter | None = None, *, readers: int, kilobytes: int = 1) -> Issue:
    """The same, frozen: sending has begun."""
    issue = make_issue(newsletter, readers=readers, kilobytes=kilobytes)
    while not freeze(issue.pk, now=timezone.now()).complete:
        pass
    issue.refresh_from_db()
    return issue


def to(port: int, *, most: int = 4) -> Smtp:
    """The way to a sink."""
    return Smtp(Relay("127.0.0.1", port, command_seconds=10, answer_seconds=10), most=most)


def states(issue: Issue) -> dict[str, int]:
    """The rows of an issue, counted by state, without zeros."""
    found = Counter(Delivery.objects.filter(issue=issue).values_list("state", flat=True))
    return {DeliveryState(state).name.lower(): number for state, number in sorted(found.items())}


def check_promise(issue: Issue, sink: Sink, *, cut: int = 0, done: bool = True) -> None:
    """The oracle I1-I6 of the delivery design; ``cut`` is how many connections may have been cut."""
    rows = list(Delivery.objects.filter(issue=issue).values_list("address", "state"))
    assert len(rows) == Sending.objects.get(issue=issue).deliveries
    assert len({address for address, _ in rows}) == len(rows)
    if done:
        assert {state for _, state in rows} <= FINAL  # I1
    seen = Counter(sink.accepted())
    assert [address for address, times in seen.items() if times > 1] == []  # I2
    accepted = {address for address, state in rows if state == DeliveryState.ACCEPTED}
    doubtful = {address for address, state in rows if state == DeliveryState.IN_DOUBT}
    assert accepted <= set(seen)  # I3
    assert set(seen) - accepted <= doubtful  # I3
    assert len(doubtful) <= cut  # I4
    _check_totals(issue)  # I6
    tried = set(Attempt.objects.filter(delivery__issue=issue).values_list("delivery__address", flat=True))
    assert accepted | doubtful <= tried  # I8


def _check_totals(issue: Issue) -> None:
    with connection.cursor() as cursor:
        for chunk in Chunk.objects.filter(issue=issue).exclude(state=ChunkState.LEASED):
            cursor.execute(RECOUNT.format(chunk="%s"), [chunk.pk])
            names = [column.name for column in cursor.description or ()]
            counted = dict(zip(names, cursor.fetchone(), strict=True))
            assert {name: getattr(chunk, name) for name in names} == counted


def database_url() -> str:
    """The test database, for processes of their own."""
    place = connection.settings_dict
    return f"host={place['HOST']} dbname={place['NAME']} user={place['USER']}" + (
        f" port={place['PORT']}" if place["PORT"] else ""
    )


def scratch(folder: Path) -> Path:
    """A folder for a sink."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _slot(name: str, context: str) -> str:
    return token(Slot(name, context), NONCE)
