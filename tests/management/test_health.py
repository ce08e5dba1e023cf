"""The doctor names every fault in plain words, and says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import override_settings
from django.utils import timezone

from newsletter.catalogue.models import Sender
from newsletter.delivery.control import pause
from newsletter.delivery.conversation import Login
from newsletter.delivery.knock import knock
from newsletter.delivery.models import Chunk, Presence, Sending
from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.presence import TICKER, WORKER, leave, sign
from newsletter.delivery.relay import Relay
from newsletter.delivery.relays.models import StandingRelay
from newsletter.delivery.transports.smtp import Smtp
from newsletter.errors import Unavailable
from newsletter.issues.models import Issue
from newsletter.management.health import examine
from newsletter.management.plain import database_trouble
from tests.delivery.resolver import know_no_name
from tests.delivery.sink import sink
from tests.delivery.stage import sending_issue
from tests.factories import NOW, make_newsletter
from tests.management.answering import answering, say

pytestmark = pytest.mark.django_db


def part(name: str) -> tuple[bool, str]:
    found = next(one for one in examine(timezone.now()) if one.name == name)
    return found.ok, found.detail


# broker


def test_a_broker_that_answers_is_well() -> None:
    assert part("redis")[0]


def test_a_broker_that_is_away_is_named(settings: object) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    ok, words = part("redis")
    assert (ok, "Redis is away" in words, "goes on without it" in words) == (False, True, True)


def test_a_broker_that_hangs_is_named(settings: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"  # type: ignore[attr-defined]
        assert part("redis")[1].startswith("Redis hangs")


@pytest.mark.parametrize(
    ("answer", "words"),
    [("-OOM command not allowed when used memory > 'maxmemory'.", "Redis is full"), ("-READONLY no", "a replica")],
)
def test_a_broker_that_takes_nothing_is_named(answer: str, words: str, settings: object) -> None:
    def talk(taken: socket.socket) -> None:
        while octets := taken.recv(4096):
            for _ in range(octets.count(b"*")):
                taken.sendall((answer if b"SET\r\n" in octets else "+OK").encode() + b"\r\n")

    with answering(talk) as port:
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0?protocol=2"  # type: ignore[attr-defined]
        assert words in part("redis")[1]


# database


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("connection failed: Connection refused", "refuses connections"),
        ("could not extend file: No space left on device", "disk of PostgreSQL is full"),
        ("connection timeout expired", "does not answer"),
        ("FATAL: the database system is starting up", "starting up"),
        ("FATAL: sorry, too many clients already", "no connection left"),
        ("cannot execute INSERT in a read-only transaction", "standby"),
        ("something else", "complains: something else"),
    ],
)
def test_what_a_database_complains_of_is_told_plainly(text: str, words: str) -> None:
    trouble = database_trouble(OperationalError(text))
    assert words in trouble.message
    assert trouble.fix


def test_a_database_that_is_away_is_named_and_the_other_parts_are_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "doctor"],
        env={**os.environ, "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = ("PostgreSQL refuses connections." in done.stdout, "GB free" in done.stdout)
    assert (done.returncode, told) == (1, (True, True))


# relay


def _words(relay: Relay, seconds: float = 1.0) -> str:
    with pytest.raises(Unavailable) as trouble:
        knock(Smtp(relay, most=1), seconds=seconds)
    assert trouble.value.fix
    return trouble.value.message


def test_a_relay_that_would_take_mail_is_well(tmp_path: Path) -> None:
    with sink(tmp_path) as relay:
        knock(Smtp(Relay("127.0.0.1", relay.port), most=1))
        assert relay.accepted() == []


def test_a_relay_that_is_away_is_named() -> None:
    assert _words(Relay("127.0.0.1", 1)).startswith("The relay is away: no connection")


def test_a_relay_whose_name_does_not_resolve_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    know_no_name(monkeypatch)
    assert "cannot be looked up (DNS)" in _words(Relay("relay.invalid", 25), seconds=20)


def test_a_relay_that_hangs_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "no answer in 1 seconds" in _words(Relay("127.0.0.1", silent.getsockname()[1]))


@pytest.mark.parametrize(
    ("lines", "given", "words"),
    [
        (["421 4.3.2 too busy"], {}, "busy or shutting down: 4.3.2 too busy"),
        (["554 5.7.1 you are on a list"], {}, "wants no mail from us: 5.7.1 you are on a list"),
        (["220 hi", "250 r"], {"tls": "starttls"}, "cannot be secured (TLS): the relay does not offer STARTTLS"),
        (["hello there"], {}, "does not answer as one"),
    ],
)
def test_what_a_relay_says_is_told_with_what_it_means(lines: list[str], given: dict[str, str], words: str) -> None:
    with answering(say(*lines)) as port:
        assert words in _words(Relay("127.0.0.1", port, **given))  # type: ignore[arg-type]


def test_a_login_that_is_refused_is_named() -> None:
    with answering(say("220 hi", "250-r\r\n250 AUTH PLAIN", "535 5.7.8 no such user")) as port:
        words = _words(Relay("127.0.0.1", port, login=Login("u", "p")))
    assert words.startswith("The relay does not let us log in: 5.7.8 no such user")


# hands


def test_nobody_at_work_is_a_fault_when_something_waits() -> None:
    assert part("workers") == (True, "none is running, and nothing waits")
    sending_issue(readers=1)
    ok, words = part("workers")
    assert (ok, words) == (False, "No worker is alive; 1 issues and 0 letters wait. Start `newsletter worker`.")
    sign(WORKER, "here:1")
    assert part("workers") == (True, "1 alive")
    leave(WORKER, "here:1")
    assert not part("workers")[0]


def test_a_ticker_that_stopped_is_a_fault() -> None:
    sign(TICKER, "tick")
    assert part("ticker")[0]
    Presence.objects.update(seen_at=timezone.now() - timedelta(minutes=20))
    ok, words = part("ticker")
    assert (ok, words.startswith("The ticker last ran 20 minutes ago")) == (False, True)


def test_an_overdue_issue_is_a_fault_although_no_ticker_ever_ran() -> None:
    past = timezone.now() - timedelta(minutes=10)
    Issue.objects.create(
        newsletter=make_newsletter(), state="scheduled", window_to=NOW, send_at=past, created_at=NOW, updated_at=NOW
    )
    assert part("ticker")[1].startswith("The ticker has never run; 1 issues are overdue.")


def test_a_stuck_issue_is_named() -> None:
    issue = sending_issue(readers=1)
    assert part("issues")[0]
    past = timezone.now() - timedelta(minutes=11)
    Issue.objects.update(updated_at=past, frozen_at=past)
    Chunk.objects.update(settled_at=past)
    assert part("issues")[1].startswith(f"Issue {issue.pk} is stuck: nothing of it has moved for 11 minutes.")


def test_a_freeze_that_stands_still_is_named_and_one_that_moves_is_not() -> None:
    issue, past = sending_issue(readers=1), timezone.now() - timedelta(minutes=11)
    Issue.objects.update(state="freezing", updated_at=past)
    Sending.objects.update(moved_at=timezone.now())
    assert part("issues")[0]
    Sending.objects.update(moved_at=past)
    assert part("issues")[1].startswith(f"Issue {issue.pk} is stuck: nothing of it has moved for 11 minutes.")


def test_a_freeze_that_nobody_began_is_named() -> None:
    past = timezone.now() - timedelta(minutes=11)
    issue = Issue.objects.create(
        newsletter=make_newsletter(), state="freezing", window_to=NOW, created_at=past, updated_at=past
    )
    assert part("issues")[1].startswith(f"Issue {issue.pk} is stuck: nothing of it has moved for 11 minutes.")


def test_an_issue_that_paused_by_itself_is_named_with_the_relay_s_words() -> None:
    issue = sending_issue(readers=1)
    pause(issue.pk, by="system", now=NOW, reason="5.7.8 log in")
    ok, words = part("issues")
    assert (ok, words) == (
        False,
        f"Issue {issue.pk} paused by itself: 5.7.8 log in Set that right, then `newsletter resume {issue.pk}`.",
    )


@override_settings(SAFE_LIST=["*"])
def test_one_part_tells_of_all_relays_what_ails_which(tmp_path: Path) -> None:
    with sink(tmp_path) as relay:
        StandingRelay.objects.create(code="main", address=f"smtp://127.0.0.1:{relay.port}")
        assert part("relays") == (True, "1 would take mail")
        StandingRelay.objects.create(code="away", address="smtp://127.0.0.1:1")
        StandingRelay.objects.create(code="wary", address=f"smtp://127.0.0.1:{relay.port}")
        Notices().set_aside("wary", "5.7.1 no mail from you", seconds=300)
        ok, words = part("relays")
    assert not ok
    assert words.startswith("away: The relay is away: no connection")
    assert "; wary is set aside: 5.7.1 no mail from you." in words
    assert "main" not in words
    assert [one.name for one in examine(timezone.now()) if one.name.startswith("relay")] == ["relays"]


def test_a_relay_that_a_sender_names_and_nobody_loaded_is_named() -> None:
    make_newsletter()
    Sender.objects.update(relay="gone")
    StandingRelay.objects.create(code="away", address="smtp://127.0.0.1:1")
    assert part("relays") == (False, "A sender names the relay gone, which is not there. Load it, or name another.")


def test_a_clock_that_is_off_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert part("clock")[0]
    real = timezone.now
    monkeypatch.setattr("newsletter.management.health.timezone.now", lambda: real() + timedelta(hours=2))
    ok, words = part("clock")
    assert (ok, "7200 s ahead of" in words) == (False, True)
