"""Waiting for a call: who is told when, who goes into no further call, and how many may wait."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Delivery
from newsletter.delivery.provider import channel
from newsletter.delivery.provider.dispatch import Dispatch
from newsletter.delivery.relays.models import RelayBreak
from newsletter.delivery.transports import anymail
from tests.delivery.provider.fake import provider
from tests.delivery.stage import sending_issue, states

OPEN = """
import sys
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
soft, hard, most = map(int, sys.argv[1:])
setrlimit(RLIMIT_NOFILE, (soft, hard if hard else getrlimit(RLIMIT_NOFILE)[1]))
import django
django.setup()
from newsletter.delivery.provider.channel import ProviderChannel
from newsletter.delivery.provider.dispatch import Dispatch
from newsletter.delivery.provider.merge import LANGUAGES
dispatch = Dispatch(None, language=LANGUAGES["Mailgun"], most=most)
channels = [ProviderChannel(dispatch) for _ in range(dispatch.room)]
print(len(channels))
"""


def dispatch() -> Dispatch:
    """The one that the settings name."""
    return anymail.Anymail()._dispatch


@pytest.mark.django_db(transaction=True)
def test_who_was_given_up_goes_into_no_further_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "ANSWER_SECONDS", 0.5)
    issue = sending_issue(readers=3)

    def refuse_late(_number: int, to: list[str]) -> str:
        if len(to) == 1:
            return "200"
        sleep(1.5)
        return "400"

    with provider() as fake:
        fake.answer = refuse_late
        deliver(place="t", seconds=30)
        assert states(issue) == {"in_doubt": 3}
        end = monotonic() + 5
        while dispatch()._begun or not fake.calls:
            assert monotonic() < end
            sleep(0.02)
        sleep(0.5)  # so long a call of one's own would have had
    assert [len(call.to) for call in fake.calls] == [3]


@pytest.mark.django_db(transaction=True)
def test_the_time_of_a_call_begins_with_it_also_where_many_wait_for_calls_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "ANSWER_SECONDS", 1.0)
    issue = sending_issue(readers=12)
    with provider() as fake:
        fake.answer = lambda _number, to: "400" if len(to) > 1 else "200"
        dispatch().tempo.struggled()
        dispatch().tempo.struggled()  # 0.4 s between two calls at first
        deliver(place="t", seconds=30)
    assert fake.calls[-1].at - fake.calls[0].at > 1.5
    assert states(issue) == {"accepted": 12}


@pytest.mark.django_db(transaction=True)
def test_who_waited_too_long_for_a_call_goes_later_and_is_not_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "LINE_SECONDS", 0.6)
    issue = sending_issue(readers=20)
    with provider() as fake:
        fake.answer = lambda _number, to: "400" if len(to) > 1 else "200"
        dispatch().tempo.struggled()  # 0.2 s between two calls at first: more than the line's time for all
        deliver(place="t", seconds=1.0)
        assert "queued" in states(issue)
        while states(issue) != {"accepted": 20}:
            deliver(place="t", seconds=30)
        assert fake.twice() == []
    assert set(Delivery.objects.filter(issue=issue).values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_asks_to_wait_has_broken_no_connection() -> None:
    issue = sending_issue(readers=40)

    def ask_to_wait(number: int, _to: list[str]) -> str:
        if number:
            return "200"
        sleep(0.3)  # the second call is under way; who was in it is offered the next message after this answer
        return "429 Retry-After: 1"

    with provider(batch=10) as fake:
        fake.answer = ask_to_wait
        while states(issue) != {"accepted": 40}:
            deliver(place="t", seconds=30)
    assert not RelayBreak.objects.exists()


def opened(*, soft: int, hard: int = 0, batch: int, home: Path) -> tuple[int, str]:
    """Return how many channels a process with these limits of descriptors opened, and what it logged."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "newsletter.settings", "NEWSLETTER_HOME": str(home)}
    command = [sys.executable, "-c", OPEN, *map(str, (soft, hard, batch))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout), done.stderr


def test_the_largest_calls_have_descriptors_for_all_their_messages(tmp_path: Path) -> None:
    assert opened(soft=256, batch=1000, home=tmp_path) == (2000, "")


def test_where_the_system_gives_few_descriptors_fewer_are_under_way_and_the_log_says_so(tmp_path: Path) -> None:
    number, log = opened(soft=256, hard=700, batch=1000, home=tmp_path)
    assert number == 400
    assert "few_descriptors limit=700 needed=2300 messages=400" in log
