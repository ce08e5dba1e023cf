"""Looking the relay up beside the loop: what waits, what does not, and what is told when."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from newsletter.delivery import lookup
from newsletter.delivery.lookup import Lookup
from newsletter.delivery.relay import Relay
from newsletter.delivery.transports.smtp import Smtp
from tests.delivery.resolver import know_no_name


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that says nothing until the event is set, then what is usual."""
    answers, ask = threading.Event(), socket.getaddrinfo

    def slow(*given: object, **named: object) -> object:
        answers.wait(30)
        return ask(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield answers
    answers.set()


def wait_for(one: Lookup | Smtp) -> None:
    end = time.monotonic() + 10
    while not one.ready():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_relay_on_this_host_is_ready_at_once() -> None:
    one = Lookup("127.0.0.1", 25)
    assert one.ready()
    assert (one.place(), one.hello) == ((socket.AF_INET, ("127.0.0.1", 25)), "localhost")


def test_a_silent_resolver_holds_nothing_up(silent: threading.Event) -> None:
    transport = Smtp(Relay("192.0.2.1", 25), most=1)
    assert not transport.ready()
    assert not transport.ready()
    silent.set()
    wait_for(transport)


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ask = [], socket.getaddrinfo

    def count(host: str, *given: object, **named: object) -> object:
        asked.append(host)
        return ask(host, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", count)
    one = Lookup("192.0.2.1", 25)
    assert one.place() == one.place() == (socket.AF_INET, ("192.0.2.1", 25))
    assert asked.count("192.0.2.1") == 1


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    know_no_name(monkeypatch)


@pytest.mark.usefixtures("unknown")
def test_a_failure_is_told_once_and_asked_about_again() -> None:
    one = Lookup("relay.invalid", 25)
    assert isinstance(one.place(), OSError)
    assert not one.ready()
    wait_for(one)
    assert isinstance(one.place(), OSError)


@pytest.mark.usefixtures("unknown")
def test_an_old_failure_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Lookup("relay.invalid", 25)
    wait_for(one)
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 0.0)
    assert not one.ready()


def test_what_cannot_be_a_name_is_a_failure() -> None:
    assert isinstance(Lookup("a" * 70 + ".example", 25).place(), OSError)


def test_our_own_name_is_not_waited_for_longer_than_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Event()
    monkeypatch.setattr(lookup, "NAME_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getfqdn", lambda: late.wait(30) and "late.example")
    one = Lookup("192.0.2.1", 25)
    assert one.place() == (socket.AF_INET, ("192.0.2.1", 25))
    assert one.hello == socket.gethostname()
    late.set()
