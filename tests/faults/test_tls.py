"""A relay whose TLS is broken: with required TLS nothing goes in clear, nothing is burnt, and all goes on (F30)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from newsletter.delivery.conversation import Login
from newsletter.delivery.models import Attempt
from newsletter.delivery.relay import Relay
from newsletter.delivery.transports.smtp import Smtp
from newsletter.issues.models import Issue
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import sending_issue, states
from tests.delivery.tls.relay import Authority
from tests.faults.account import account
from tests.faults.drive import drive
from tests.faults.middle import Middle, Rewrite, leave, middle, never_an_answer, silent_after_the_yes, without_starttls

pytestmark = pytest.mark.django_db(transaction=True)
READERS, CONNECTIONS, TROUBLE_SECONDS = 60, 4, 1.5
IN_CLEAR = {"starttls": {b"EHLO", b"STAR"}, "implicit": set[bytes]()}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@contextmanager
def _relay(folder: Path, certificate: Path, tls: str, *, port: int = 0) -> Iterator[Sink]:
    rules = {"certificate": str(certificate), "implicit": tls == "implicit", "with": ["STARTTLS", "AUTH PLAIN"]}
    with sink(folder, port=port, **rules) as one:
        yield one


def _way(port: int, authority: Authority, tls: str) -> Callable[[], Smtp]:
    relay = Relay(
        "127.0.0.1", port, tls, Login("ann", "s3cret"), str(authority.file), connect_seconds=2, command_seconds=1
    )
    return lambda: Smtp(relay, most=CONNECTIONS)


def _drive_through(
    issue: Issue, way: Callable[[], Smtp], wire: Middle, mend: Callable[[], None], *, tls: str
) -> tuple[float, int]:
    """Send into the trouble, look that nobody heard anything, mend it, send the rest; seconds and connections."""
    with pytest.raises(AssertionError, match="did not come to an end"):
        drive(issue, way, seconds=TROUBLE_SECONDS, slice_seconds=TROUBLE_SECONDS)
    assert states(issue) == {"queued": READERS}
    assert not Attempt.objects.filter(delivery__issue=issue).exists()
    tried = len(wire.heard)
    assert tried
    mend()
    started = time.monotonic()
    drive(issue, way)
    assert _first_words(wire) <= IN_CLEAR[tls]
    for secret in (b"readers.example", b"MAIL", b"AUTH", b"s3cret", b"Subject"):
        assert secret not in wire.in_clear()
    assert states(issue) == {"accepted": READERS}
    assert set(issue.deliveries.values_list("attempts", flat=True)) == {1}
    return time.monotonic() - started, tried


def _first_words(wire: Middle) -> set[bytes]:
    """The commands that were said before the first octet of TLS (a handshake record begins with 0x16)."""
    heard = [bytes(one).partition(b"\x16")[0] for one in wire.heard]
    return {line[:4] for one in heard for line in one.split(b"\r\n") if line}


@pytest.mark.parametrize("tls", [pytest.param("starttls", marks=pytest.mark.short), "implicit"])
@pytest.mark.parametrize(("kind", "words"), [("expired", "expired"), ("wrong", "wrong name"), ("self", "self-signed")])
def test_a_bad_certificate_is_waited_out_in_secrecy(
    kind: str, words: str, tls: str, authority: Authority, tmp_path: Path
) -> None:
    issue = sending_issue(readers=READERS)
    with ExitStack() as stack:
        bad = stack.enter_context(_relay(tmp_path / "bad", authority.certificate(kind), tls))
        good = stack.enter_context(_relay(tmp_path / "good", authority.certificate("good"), tls))
        wire = stack.enter_context(middle(bad.port))
        recovered, tried = _drive_through(
            issue, _way(wire.port, authority, tls), wire, lambda: setattr(wire, "target", good.port), tls=tls
        )
        assert bad.accepted() == []
        account("F30", f"{words} certificate, {tls}", issue, good, runs=tried, recovered=recovered)


@pytest.mark.short
@pytest.mark.parametrize(
    ("name", "tls", "rewrite"),
    [
        ("STARTTLS stripped from the offer", "starttls", without_starttls),
        ("handshake hangs after STARTTLS", "starttls", silent_after_the_yes),
        ("handshake hangs at once", "implicit", never_an_answer),
    ],
)
def test_whoever_sits_between_hears_nothing(
    name: str, tls: str, rewrite: Rewrite, authority: Authority, tmp_path: Path
) -> None:
    issue = sending_issue(readers=READERS)
    with _relay(tmp_path, authority.certificate("good"), tls) as relay, middle(relay.port, rewrite) as wire:
        recovered, tried = _drive_through(
            issue, _way(wire.port, authority, tls), wire, lambda: setattr(wire, "rewrite", leave), tls=tls
        )
        account("F30", name, issue, relay, runs=tried, recovered=recovered)


@pytest.mark.short
def test_a_relay_that_takes_back_starttls_pauses_the_issue_and_hears_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    """A 5xx to STARTTLS is no certificate that may be renewed: a person has to look."""
    issue = sending_issue(readers=READERS)
    refusing = {"starttls": {"say": "502 5.5.1 not here"}}
    with sink(tmp_path, at=refusing, **{"with": ["STARTTLS"]}) as relay, middle(relay.port) as wire:
        drive(issue, _way(wire.port, authority, "starttls"))
        assert _first_words(wire) <= {b"EHLO", b"STAR", b"QUIT"}
        assert relay.accepted() == []
    issue.refresh_from_db()
    assert (issue.state, issue.pause_reason) == (Issue.State.PAUSED, "5.5.1 not here")
    assert states(issue) == {"queued": READERS}
