"""Figures for Prometheus: who may see them, what stands there, and that no person can be found in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from newsletter.delivery.deliver import deliver
from newsletter.delivery.presence import WORKER, sign
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


def test_every_line_is_in_the_format() -> None:
    sending_issue(readers=1)
    lines = figures()[1].splitlines()
    assert [line for line in lines if not line.startswith("# ") and not LINE.fullmatch(line)] == []


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
