"""Fifty who press "send", editors who go on editing, somebody who cannot decide: one send, alike copies (F36-F38)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import pytest
from django.utils import timezone

from newsletter.access.tokens import create
from newsletter.articles.models import Article
from newsletter.catalogue.models import Brand, Newsletter, Section, Sender
from newsletter.delivery.control import cancel, pause, resume, send
from newsletter.delivery.ledger import Row
from newsletter.delivery.models import Delivery, DeliveryState
from newsletter.delivery.writer import writer_of
from newsletter.errors import Conflict
from newsletter.issues.approve import approve
from newsletter.issues.assemble import assemble
from newsletter.issues.edit import reword
from newsletter.issues.lifecycle import find
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.issues.render import renderings_of
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import database_url, make_issue, states
from tests.faults.account import account, dice
from tests.faults.approved import approved
from tests.faults.desk import ask_to_send, web
from tests.faults.drive import is_sent
from tests.faults.proxy import proxy
from tests.workers.crew import NOBODY, crew, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 8


def _all_at_once(asks: list[Callable[[], str]]) -> Counter[str]:
    """Let everybody begin at the same moment; returns what they were told, counted."""
    told: list[str] = []
    barrier = threading.Barrier(len(asks))

    def run(ask: Callable[[], str]) -> None:
        barrier.wait()
        told.append(ask())

    threads = [threading.Thread(target=run, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    return Counter(told)


def _ask_command(issue: int) -> str:
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": NOBODY}
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "send", str(issue), "--json"],
        env=environment, capture_output=True, check=False,
    )  # fmt: skip
    return f"exit {done.returncode}"


@pytest.mark.parametrize(
    ("by_api", "by_command"), [pytest.param(48, 2, marks=pytest.mark.short), pytest.param(50, 50, id="long")]
)
def test_fifty_sends_at_once_are_one(by_api: int, by_command: int, tmp_path: Path) -> None:
    issue = approved(readers=200)
    _, secret = create("a program", scopes=["issues:send"], source="", by="ada", now=timezone.now())
    with sink(tmp_path) as relay, web(database_url(), tmp_path / "web.log") as desk:
        address = f"{desk}/api/issues/{issue.pk}/acts"
        asks: list[Callable[[], str]] = [lambda: str(ask_to_send(address, secret))] * by_api
        told = _all_at_once(asks + [lambda: _ask_command(issue.pk)] * by_command)
        with crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS)
            wait_until(lambda: is_sent(issue), seconds=90)
        what = f"{by_api} sends by the API and {by_command} by command at once"
        account("F36", what, issue, relay, runs=by_api + by_command)
    assert told["200"] + told["exit 0"] == 1
    assert told["409"] + told["exit 1"] == by_api + by_command - 1
    assert HistoryEntry.objects.filter(issue=issue, act="send").count() == 1
    assert states(issue) == {"accepted": 200}


def test_fifty_sends_with_one_key_are_one_and_are_all_told_so(tmp_path: Path) -> None:
    """A client that heard nothing asks again with the same key: it is told what it was told, or to wait."""
    issue = approved(readers=20)
    _, secret = create("a program", scopes=["issues:send"], source="", by="ada", now=timezone.now())
    with sink(tmp_path) as relay, web(database_url(), tmp_path / "web.log") as desk:
        address = f"{desk}/api/issues/{issue.pk}/acts"
        told = _all_at_once([lambda: str(ask_to_send(address, secret, "the-same"))] * 50)
        assert ask_to_send(address, secret, "the-same") == 200
        with crew(relay.port, tmp_path / "worker.log") as start:
            start(connections=CONNECTIONS)
            wait_until(lambda: is_sent(issue), seconds=90)
        account("F36", "50 sends by the API with one idempotency key", issue, relay, runs=50)
    assert set(told) <= {"200", "409"}
    assert told["200"] >= 1
    assert HistoryEntry.objects.filter(issue=issue, act="send").count() == 1


def _edit_everything(issue: Issue, stale: Issue, turn: int) -> int:
    """Whatever editors and operators may do beside a sending; returns how much of it was refused."""
    now, refused = timezone.now(), 0
    for act in (
        lambda: reword(issue.pk, "subject", f"Another subject {turn}", by="bob", now=now),
        lambda: assemble(issue.pk, now=now),
        lambda: approve(issue.pk, by="bob", now=now),
    ):
        try:
            act()
        except Conflict:
            refused += 1
    renderings_of(stale, now=now)  # somebody looks at a preview that was opened before
    Article.objects.update(title=f"Another headline {turn}", teaser=f"Other words {turn}", updated_at=now)
    Sender.objects.update(name=f"Somebody {turn}", reply_to=f"other{turn}@news.example", list_id=f"l{turn}.example")
    Newsletter.objects.update(title=f"Another title {turn}")
    Section.objects.update(title=f"Another section {turn}")
    Brand.objects.update_or_create(code="new", defaults={"name": f"New {turn}"})
    return refused


@pytest.mark.parametrize(
    ("readers", "rate"), [pytest.param(360, 150, marks=pytest.mark.short), pytest.param(2000, 150, id="long")]
)
def test_whatever_is_edited_while_it_goes_out_all_copies_are_alike(readers: int, rate: int, tmp_path: Path) -> None:
    """Workers are killed and started meanwhile, so that others write the rest."""
    issue = approved(readers)
    stale = Issue.objects.get(pk=issue.pk)
    stale.state = Issue.State.DRAFT
    send(issue.pk, by="ada", now=timezone.now())
    meant = writer_of(issue.pk)
    edits = refused = kills = 0
    with sink(tmp_path, spool=True, delay=CONNECTIONS / rate) as relay, crew(relay.port, tmp_path / "w.log") as start:
        worker = start(connections=CONNECTIONS)
        mark = readers // 3
        while not is_sent(issue):
            refused += _edit_everything(issue, stale, edits)
            edits += 1
            if len(relay.accepted()) > mark and kills < 2:
                kills, mark = kills + 1, mark + readers // 3
                worker.kill()
                worker = start(connections=CONNECTIONS)
            time.sleep(0.5)
            assert edits < 600
        account("F37", "edited while sending", issue, relay, runs=edits, cut=kills * CONNECTIONS)
        messages = relay.messages()
        copies = {str(message_from_bytes(octets)["To"]).rpartition("<")[2].strip(">"): octets for octets in messages}
        assert sorted(copies) == sorted(relay.accepted())
        assert len(copies) == len(messages)
    assert refused == 3 * edits
    assert kills == 2
    accepted = Delivery.objects.filter(issue=issue, state=DeliveryState.ACCEPTED).values_list("address", flat=True)
    assert set(accepted) <= set(copies)
    assert len(accepted) >= readers - kills * CONNECTIONS
    rows = Delivery.objects.filter(issue=issue, address__in=copies)
    written = {
        row.address: meant.content(Row(row.pk, row.reader_id, row.address, row.name, row.variant, 0, ""))
        for row in rows
    }
    assert copies == {address: octets.replace(b"\r\n..", b"\r\n.") for address, octets in written.items()}


def _come_after(relay: Sink) -> int:
    """How many messages still come to the relay, until nothing does."""
    first = count = len(relay.accepted())
    while True:
        time.sleep(1)
        now = len(relay.accepted())
        if now == count:
            return now - first
        count = now


@pytest.mark.parametrize(
    ("times", "readers"), [pytest.param(1, 3000, marks=pytest.mark.short), pytest.param(20, 9000, id="long")]
)
def test_after_a_pause_at_most_one_message_a_connection_goes_out(times: int, readers: int, tmp_path: Path) -> None:
    seed, random = dice()
    issue = make_issue(readers=readers, kilobytes=4)
    late: list[int] = []
    with (
        sink(tmp_path) as relay,
        proxy(("127.0.0.1", relay.port)) as wire,
        crew(wire.port, tmp_path / "w.log") as start,
    ):
        wire.delay = 0.1  # a message is on its way for so long
        start(connections=CONNECTIONS)
        for _ in range(times):
            _wait_for_more(relay)
            time.sleep(random.random() * 0.3)
            pause(issue.pk, by="ada", now=timezone.now(), reason="a look")
            late.append(_come_after(relay))
            resume(issue.pk, by="ada", now=timezone.now())
        _wait_for_more(relay)
        cancel(issue.pk, by="ada", now=timezone.now())
        late.append(_come_after(relay))
        wait_until(lambda: not {"queued", "wire"} & set(states(issue)), seconds=60)
        remark = f"after each of them {late} messages, {CONNECTIONS} connections"
        account("F38", f"pause and resume x {times}, then cancel", issue, relay, runs=times, seed=seed, remark=remark)
    assert max(late) <= CONNECTIONS
    assert find(issue.pk).state == Issue.State.CANCELLED
    assert set(states(issue)) == {"accepted", "cancelled"}


def _wait_for_more(relay: Sink) -> None:
    """Wait until the sending goes on."""
    before = len(relay.accepted())
    wait_until(lambda: len(relay.accepted()) > before + CONNECTIONS, seconds=90, every=0.005)
