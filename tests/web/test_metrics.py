"""Figures for Prometheus: who may see them, what stands there, and that no person can be found in them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.ledger import Ledger, Result, claimed
from newsletter.delivery.models import Chunk, DeliveryState
from newsletter.delivery.presence import WORKER, sign
from newsletter.delivery.relays.models import RelayBreak, SlowedDomain, StandingRelay
from newsletter.delivery.status import status
from newsletter.delivery.transports.memory import Memory
from tests.delivery.stage import sending_issue

pytestmark = pytest.mark.django_db(transaction=True)
LINE = re.compile(r'[a-z_]+(\{([a-z_]+="(\\.|[^"\\\n])*",?)*\})? -?[0-9.e+]+')


def figures(**headers: str) -> tuple[int, str]:
    answer = Client().get("/metrics", headers=headers)
    return answer.status_code, answer.content.decode()


def test_states_rate_queue_stages_and_hands_are_told() -> None:
    issue = sending_issue(readers=30)
    sign(WORKER, "here:1")
    waiting = figures()[1]
    deliver(place="t", transport=Memory())
    told = figures()[1]
    label = f'issue="{issue.pk}",newsletter="ctw"'
    assert f'newsletter_deliveries{{{label},state="queued"}} 30' in waiting
    assert f'newsletter_oldest_queued_seconds{{issue="{issue.pk}"}}' in waiting
    assert f'newsletter_deliveries{{{label},state="accepted"}} 30' in told
    assert "newsletter_accepted_total 30" in told
    assert "newsletter_workers 1" in told
    stages = re.findall(rf'newsletter_stage_seconds{{{label},stage="(\w+)"}}', told)
    assert stages == ["render", "freeze", "claim", "send"]


def test_pace_relays_and_pool_are_told() -> None:
    issue = sending_issue(readers=3)
    Chunk.objects.update(rest_until=timezone.now() + timedelta(minutes=5))
    StandingRelay.objects.create(code="main", address="smtp://relay.example", rate="120/m", per_day=500)
    SlowedDomain.objects.create(
        domain="slow.example", per_second=2.0, words="later", since=timezone.now(), changed_at=timezone.now()
    )
    RelayBreak.objects.create(relay="main", words="421", number=3, first_at=timezone.now(), last_at=timezone.now())
    told = figures()[1]
    assert f'newsletter_chunks_resting{{issue="{issue.pk}"}} 1' in told
    assert 'newsletter_relay_most_per_second{relay="main"} 2\n' in told
    assert 'newsletter_relay_cap_today{relay="main"} 500\n' in told
    assert 'newsletter_relay_used_today{relay="main"} 0\n' in told
    assert 'newsletter_relay_breaks{relay="main"} 3\n' in told
    assert 'newsletter_pace_per_second{domain="slow.example"} 2' in told
    assert re.search(r"^newsletter_database_connections_most \d+$", told, re.M)


def test_the_counter_of_all_accepted_does_not_fall_when_a_chunk_is_let_go_of() -> None:
    issue = sending_issue(readers=5)
    ledger = Ledger(uuid4(), "t")
    claim = claimed(ledger.claims.ask_and_wait("claim", [ledger._owner]))
    assert claim is not None
    ledger.turn_and_wait([claim.chunk], [Result(claim.rows[0].id, DeliveryState.ACCEPTED, code=250, burnt=1)])
    held = figures()[1]
    ledger.claims.ask_and_wait("release", [ledger._owner, b"%d" % claim.chunk, b"0"])
    ledger.close()
    assert "newsletter_accepted_total 1\n" in held
    assert "newsletter_accepted_total 1\n" in figures()[1]
    assert status(issue.pk)["counts"]["accepted"] == 1


def test_every_line_is_in_the_format() -> None:
    sending_issue(readers=1)
    lines = figures()[1].splitlines()
    assert [line for line in lines if not line.startswith("# ") and not LINE.fullmatch(line)] == []


def test_every_figure_stands_in_the_how_to() -> None:
    how_to = (Path(__file__).parents[2] / "docs" / "how-to" / "run-in-production.md").read_text()
    told = set(re.findall(r"^# TYPE (\w+)", figures()[1], re.M))
    assert set(re.findall(r"`(newsletter_\w+)", how_to)) == told


def test_no_address_and_no_subject_stands_in_them() -> None:
    sending_issue(readers=3)
    told = figures()[1]
    assert ("@" in told, "This week" in told) == (False, False)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"])
def test_what_comes_through_a_proxy_is_not_this_machine(header: str) -> None:
    assert figures(**{header: "127.0.0.1"})[0] == 403


def test_another_machine_sees_nothing() -> None:
    assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 403


def test_with_a_token_only_the_token_opens(settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-enough-token"
    assert figures()[0] == 403
    assert figures(Authorization="Bearer wrong")[0] == 403
    assert figures(Authorization="Bearer a-long-enough-token")[0] == 200


def test_readiness_tells_of_the_broker_and_does_not_depend_on_it(settings: Any) -> None:
    assert Client().get("/readyz").json() == {"ok": True, "parts": {"database": True, "redis": True}}
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["redis"]) == (200, False)
