"""The CMS is away or says half; the answer to "send" is lost on its way back (F47, F48)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from newsletter.access.tokens import SCOPES, create
from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Delivery
from newsletter.delivery.tick import tick
from newsletter.ingest.pull import pull
from newsletter.ingest.source_file import load
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.models import HistoryEntry, Issue
from tests.delivery.sink import sink
from tests.delivery.stage import add_readers, database_url, states, to
from tests.factories import NOW, make_article, make_newsletter
from tests.faults.account import Line, account, write
from tests.faults.desk import ask_to_send, web
from tests.faults.drive import drive
from tests.faults.proxy import PASSING, SWALLOWING, proxy
from tests.ingest.street import House, house
from tests.workers.crew import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]
SLOT = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # Thursday 09:00 in New York
CUT_OFF, DRAFTING = SLOT - timedelta(hours=4), SLOT - timedelta(days=2)
ITEM = (
    "<item><title>Rivers and Borders</title><link>https://m.example/rivers</link><guid>4711</guid>"
    "<pubDate>Tue, 24 Nov 2026 09:00:00 +0000</pubDate><author>jane@m.example (Jane Doe)</author>"
    "<description>Who owns the water?</description></item>"
)
FEED = f'<?xml version="1.0"?><rss version="2.0"><channel><title>M</title><language>en</language>{ITEM}</channel></rss>'


@pytest.fixture
def there(settings: Any) -> Iterator[House]:
    settings.PULL_ALLOW = (ip_network("127.0.0.1/32"),)
    with house() as own:
        yield own


def _half(request: BaseHTTPRequestHandler) -> None:
    """Say that all of it comes and end in the middle."""
    request.send_response(200)
    request.send_header("Content-Length", str(len(FEED)))
    request.end_headers()
    request.wfile.write(FEED[: len(FEED) // 2].encode())


def _break(there: House, fault: str) -> None:
    if fault == "half of it":
        there.answers["/feed"] = _half
    elif fault == "503":
        there.serve("/feed", b"later", status=503)
    elif fault == "empty":
        there.serve("/feed", FEED.replace(ITEM, "").encode())
    elif fault == "a page to log in":
        there.serve("/feed", b"<html><body><form>Who are you?</form></body></html>")
    else:
        there.answers["/feed"] = lambda request: request.connection.shutdown(socket.SHUT_RDWR)


def _weekly(there: House) -> Newsletter:
    newsletter = make_newsletter(approval="automatic", sections=[{"title": "All", "selector": "language:en"}])
    Newsletter.objects.filter(pk=newsletter.pk).update(created_at=SLOT - timedelta(days=5))
    add_readers(newsletter, 50)
    address = there.serve("/feed", FEED.encode())
    load(f'code = "cms"\nform = "feed"\naddress = "{address}"\n', where="cms.toml", now=NOW)
    return newsletter


FAULTS = ["half of it", "503", "empty", "a page to log in", "hangs up"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_feed_in_trouble_from_the_beginning_makes_no_empty_issue(fault: str, there: House) -> None:
    _weekly(there)
    _break(there, fault)
    for now in (DRAFTING, CUT_OFF, SLOT, SLOT + timedelta(hours=1)):
        pull("cms", now=now)
        tick(now)
    assert not Article.objects.exists()
    assert not Delivery.objects.exists()
    [issue] = Issue.objects.all()
    assert (issue.state, bool(issue.hold_reason)) == (Issue.State.DRAFT, True)
    write(Line("F47", f"CMS feed from the beginning: {fault}", 1, 0, 0, 0, 0, 0, remark="held, nothing sent"))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_feed_in_trouble_midway_costs_nothing_that_was_there(fault: str, there: House, tmp_path: Path) -> None:
    _weekly(there)
    pull("cms", now=DRAFTING)
    tick(DRAFTING)
    _break(there, fault)
    for now in (CUT_OFF, SLOT):
        pull("cms", now=now)
        tick(now)
    [issue] = Issue.objects.all()
    with sink(tmp_path, spool=True) as relay:
        freeze(issue.pk, now=timezone.now())
        drive(issue, lambda: to(relay.port))
        account("F47", f"CMS feed after the first pull: {fault}", issue, relay, remark="sent with what was there")
        assert [b"Rivers and Borders" in message for message in relay.messages()] == [True] * 50
    assert states(issue) == {"accepted": 50}


@pytest.mark.parametrize("key", ["", "send-17"])
def test_a_send_whose_answer_was_lost_is_asked_for_again_and_done_once(key: str, tmp_path: Path) -> None:
    make_article("Rivers of ice")
    newsletter = make_newsletter()
    add_readers(newsletter, 200)
    issue = approve(draft(newsletter, now=NOW, by="ada").pk, by="ada", now=NOW)
    _, secret = create("a program", scopes=list(SCOPES), source="", by="ada", now=NOW)
    with web(database_url(), tmp_path / "web.log") as desk, proxy(("127.0.0.1", int(desk.rpartition(":")[2]))) as wire:
        address = f"http://127.0.0.1:{wire.port}/api/issues/{issue.pk}/acts"
        wire.mode = SWALLOWING
        with pytest.raises(OSError, match=r"reset|closed"):
            ask_to_send(address, secret, key)
        wait_until(lambda: HistoryEntry.objects.filter(issue=issue, act="send").exists(), seconds=30)
        wire.mode = PASSING
        answers = [ask_to_send(address, secret, key) for _ in range(2)]
        assert wire.cuts == 1
    with sink(tmp_path) as relay:
        freeze(issue.pk, now=timezone.now())
        drive(issue, lambda: to(relay.port))
        what = f"the answer to send is lost, asked again {'with' if key else 'without'} a key"
        account("F48", what, issue, relay, runs=3, cut=0)
    assert set(answers) <= {200, 409}
    assert HistoryEntry.objects.filter(issue=issue, act="send").count() == 1
    assert states(issue) == {"accepted": 200}
