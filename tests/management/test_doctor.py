"""Every fault of the list in the doctor's words: each is really provoked, and the table of the docs holds the words."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection
from django.utils import timezone

from newsletter.delivery.conversation import Login
from newsletter.delivery.deliver import deliver
from newsletter.delivery.knock import knock
from newsletter.delivery.models import Epoch, Presence
from newsletter.delivery.presence import TICKER, sign
from newsletter.delivery.relay import Relay
from newsletter.delivery.transports.smtp import Smtp
from newsletter.errors import Unavailable
from newsletter.management import health
from newsletter.management.health import examine
from tests.delivery.resolver import know_no_name
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, sending_issue, to
from tests.delivery.tls.relay import Authority, tls_relay
from tests.faults.parts import Parts, own_parts
from tests.faults.proxy import BREAKING_OFF, HANGING, proxy
from tests.management.answering import answering, say
from tests.management.told import TABLE, check, is_told, look

pytestmark = pytest.mark.django_db(transaction=True)


# Redis


@pytest.fixture
def broker(tmp_path: Path, settings: Any) -> Iterator[Parts]:
    with own_parts(tmp_path / "own", database=False) as parts:
        settings.REDIS_URL = parts.redis_url
        yield parts


def _client(parts: Parts) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(parts.place.run / "valkey.sock"))


def test_f7_f9_redis_is_dead(broker: Parts) -> None:
    broker.kill_redis()
    check("F7", "redis")
    check("F9", "redis")


def test_f8_redis_forgot_everything(broker: Parts) -> None:
    _client(broker).flushall()
    check("F8", "redis", ok=True)


def test_f10_redis_hangs(broker: Parts) -> None:
    os.kill(broker.redis_pid, signal.SIGSTOP)
    try:
        check("F10", "redis")
    finally:
        os.kill(broker.redis_pid, signal.SIGCONT)


def test_f11_redis_is_slow(broker: Parts, settings: Any, tmp_path: Path) -> None:
    wire = tmp_path / "wire.sock"
    with proxy(broker.place.run / "valkey.sock", listen=wire) as between:
        between.delay = 0.1
        settings.REDIS_URL = f"unix://{wire}?db=0"
        check("F11", "redis")


def test_f12_redis_is_full(broker: Parts) -> None:
    client = _client(broker)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)
    check("F12", "redis")


# PostgreSQL


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Parts]:
    with own_parts(tmp_path / "own") as parts:
        yield parts


def test_f14_f16_postgresql_is_dead(database: Parts) -> None:
    database.kill_database()
    connection.close()
    check("F14", "database")
    check("F16", "database")
    parts = {part.name: part for part in examine(timezone.now())}
    assert (parts["disk"].ok, parts["redis"].ok, parts["workers"].ok) == (True, True, False)
    assert parts["workers"].detail.startswith("Not looked at")


def test_f14_postgresql_hangs_and_the_doctor_does_not(database: Parts) -> None:
    pid = int((database.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    connection.close()
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    try:
        told = {part.name: part.detail for part in examine(timezone.now())}
    finally:
        os.kill(pid, signal.SIGCONT)
    assert is_told("F16", told["database"]), told["database"]
    assert time.monotonic() - begun < 30


def test_f16_the_network_to_postgresql_hangs_in_the_middle(tmp_path: Path) -> None:
    place = connection.settings_dict
    (tmp_path / "wire").mkdir()
    name = f".s.PGSQL.{place['PORT'] or 5432}"
    kept = place["HOST"]
    with proxy(Path(kept) / name, listen=tmp_path / "wire" / name) as between:
        connection.close()
        place["HOST"] = str(tmp_path / "wire")
        between.mode = BREAKING_OFF
        try:
            check("F16", "database")
            assert between.mode == HANGING  # it had begun to answer
        finally:
            place["HOST"] = kept
            connection.close()


def test_f15_postgresql_ends_every_session(database: Parts) -> None:
    begun, end = threading.Event(), threading.Event()

    def terminate() -> None:
        with psycopg.connect(f"{database.database_url}", autocommit=True) as own:
            while not end.is_set():
                own.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = "
                            "'client backend' AND pid <> pg_backend_pid()")  # fmt: skip
                begun.set()

    connection.close()
    thread = threading.Thread(target=terminate)
    thread.start()
    try:
        assert begun.wait(30)
        check("F15", "database")
    finally:
        end.set()
        thread.join()


def test_f17_the_database_is_a_standby() -> None:
    with psycopg.connect(database_url(), autocommit=True) as own:
        [name] = own.execute("SELECT quote_ident(current_database())").fetchone() or [""]
        own.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        try:
            check("F17", "database")
        finally:
            own.execute("SET default_transaction_read_only = off")
            own.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())


@pytest.mark.parametrize("fault", ["F17", "F18"])
def test_f17_f18_the_database_lives_another_life(fault: str) -> None:
    Epoch.objects.update(mark="7.00000001.1")
    check(fault, "sending")


def test_f19_the_disk_of_this_host_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 62)
    check("F19", "disk")


def test_f20_sessions_lock_each_other_out(database: Parts) -> None:
    with psycopg.connect(database.database_url) as one, psycopg.connect(database.database_url) as two:
        one.execute("SELECT pg_advisory_xact_lock(1)")
        two.execute("SELECT pg_advisory_xact_lock(2)")
        waits = threading.Thread(target=lambda: _quietly(lambda: one.execute("SELECT pg_advisory_xact_lock(2)")))
        waits.start()
        _quietly(lambda: two.execute("SELECT pg_advisory_xact_lock(1)"))
        two.rollback()
        waits.join()
        one.rollback()
    end = time.monotonic() + 10
    while "deadlock" not in look("database").detail and time.monotonic() < end:
        time.sleep(0.2)
    check("F20", "database", ok=True)


def _quietly(do: Callable[[], object]) -> None:
    try:
        do()
    except psycopg.Error:
        return


# relays


def knocked(relay: Relay, *, seconds: float = 2.0) -> str:
    with pytest.raises(Unavailable) as trouble:
        knock(Smtp(relay, most=1), seconds=seconds)
    return trouble.value.message


@pytest.mark.parametrize(
    ("fault", "happens", "told", "given"),
    [
        ("F22", "421 at connect", ["421 4.3.2 too busy"], {}),
        ("F26", "535 to AUTH", ["220 hi", "250-r\r\n250 AUTH PLAIN", "535 5.7.8 no"], {"login": True}),
        ("F26", "530 to EHLO", ["220 hi", "530 5.7.0 no"], {}),
        ("F27", "hangs up or talks nonsense at the door", [""], {}),
        ("F28", "a tarpit", [], {}),
        ("F29", "hangs up or talks nonsense at the door", ["hello there"], {}),
        ("F29", "hangs up or talks nonsense at the door", ["220 " + "x" * 9000], {}),
        ("F30", "STARTTLS that is gone", ["220 hi", "250 r"], {"tls": "starttls"}),
    ],
)
def test_f22_f30_what_a_relay_does_at_the_door(
    fault: str, happens: str, told: list[str], given: dict[str, Any]
) -> None:
    login = Login("u", "p") if given.pop("login", False) else None
    with answering(say(*told) if told else lambda _taken: time.sleep(3)) as port:
        words = knocked(Relay("127.0.0.1", port, login=login, **given))
    assert is_told(fault, words, happens=happens), words


def test_f21_the_relay_refuses_connections() -> None:
    assert is_told("F21", knocked(Relay("127.0.0.1", 1)))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("expired", "certificate has expired"), ("wrong", "IP address mismatch"), ("self", "signature failure")],
)
def test_f30_the_certificate_is_no_good(kind: str, reason: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with tls_relay(authority.certificate(kind)) as seen:
        words = knocked(Relay("127.0.0.1", seen.port, "starttls", ca=str(authority.file)))
    assert is_told("F30", words, happens="certificate"), words
    assert reason in words


def test_f30_the_handshake_hangs(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with tls_relay(authority.certificate("good"), implicit=True, hangs=True) as seen:
        words = knocked(Relay("127.0.0.1", seen.port, "implicit", ca=str(authority.file)))
    assert is_told("F30", words, happens="a handshake that hangs"), words


def test_f31_the_name_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    know_no_name(monkeypatch)
    words = knocked(Relay("relay.invalid", 25), seconds=20)
    assert is_told("F31", words), words


@pytest.mark.parametrize(
    ("fault", "part", "rules"),
    [
        ("F22", "relays", {"bye_after": 7}),
        ("F23", "replies", {"rcpt": {"@": ["451 4.7.1 greylisted, come back", 1]}}),
        ("F24", "replies", {"rcpt": {"r1": ["452 4.2.2 mailbox of r1@readers.example is full", 0]}}),
        ("F24", "replies", {"rcpt": {"r1": ["552 5.2.2 full", 0]}}),
        ("F24", "issues", {"answer": "552 5.3.4 message too big"}),
        ("F25", "replies", {"rcpt": {"r1": ["550 5.1.1 no such person r1@readers.example", 0]}}),
        ("F26", "issues", {"rcpt": {"@": ["550 5.7.1 you are on a list", 0]}}),
        ("F26", "issues", {"mail": "530 5.7.0 log in first"}),
        ("F27", "replies", {"cut_after_dot": 10}),
        ("F27", "relays", {"at": {"mail": {"cut": True, "every": 10}}}),
        ("F29", "replies", {"at": {"answer": {"raw": "gar\x01bage\r\n", "every": 10}}}),
    ],
)
def test_f22_f29_what_relays_say_while_an_issue_goes_out(
    fault: str, part: str, rules: dict[str, Any], tmp_path: Path
) -> None:
    sending_issue(readers=60)
    with sink(tmp_path, **rules) as relay:
        deliver(place="t", transport=to(relay.port), seconds=20)
    detail = look(part).detail
    assert is_told(fault, detail), detail
    assert "@readers.example" not in detail


# clocks and hands


def test_f34_the_ticker_is_away() -> None:
    sign(TICKER, "tick")
    Presence.objects.update(seen_at=timezone.now() - timedelta(hours=8))
    check("F34", "ticker")


def test_every_fault_from_f7_to_f31_has_a_row() -> None:
    named = {fault for line in TABLE.splitlines() if line.startswith("| F") for fault in line.split("|")[1].split()}
    assert {f"F{number}" for number in range(7, 32)} <= named
