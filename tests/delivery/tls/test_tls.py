"""TLS: what goes in clear, what inside, and what not at all (RFC 3207, RFC 8314)."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.delivery.conversation import Login
from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Attempt, Delivery
from newsletter.delivery.relay import Relay, read_relay
from newsletter.delivery.submit import submit
from newsletter.delivery.transport import Answered, Down, Envelope
from newsletter.delivery.transports.smtp import Smtp
from newsletter.errors import Invalid
from tests.delivery.stage import sending_issue, states
from tests.delivery.tls.relay import Authority, TlsRelay, tls_relay

LOGIN = Login("ann", "s3cret-w0rd")
CONTENT = b"Subject: x\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def hand_over(relay: Relay, *, recipient: str = "r@r.example", utf8: bool = False) -> Answered | Down | None:
    channel = Smtp(relay, most=1).open()
    envelope = Envelope(1, b"b@b.example", recipient.encode(), utf8=utf8)
    word = submit(channel, envelope, lambda: CONTENT, lambda: True)
    if isinstance(word, Answered):
        channel.leave()
    return word


def at(seen: TlsRelay, authority: Authority, *, tls: str, login: Login | None = LOGIN) -> Relay:
    return Relay("127.0.0.1", seen.port, tls, login, ca=str(authority.file), command_seconds=5)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_with_a_good_certificate_all_but_the_greeting_is_secret(tls: str, authority: Authority) -> None:
    with tls_relay(authority.certificate("good"), implicit=tls == "implicit") as seen:
        word = hand_over(at(seen, authority, tls=tls))
    assert isinstance(word, Answered)
    assert word.reply.code == 250
    assert [line.split()[0] for line in seen.clear] == ([] if tls == "implicit" else ["EHLO", "STARTTLS"])
    assert len(seen.messages) == 1


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("kind", ["expired", "wrong", "self"])
def test_with_a_bad_certificate_nothing_is_handed_over(kind: str, tls: str, authority: Authority) -> None:
    with tls_relay(authority.certificate(kind), implicit=tls == "implicit") as seen:
        word = hand_over(at(seen, authority, tls=tls))
    assert isinstance(word, Down)
    assert word.words.startswith("TLS failed: ")
    assert (word.unanswered, word.reply) == (None, None)
    assert [line.split()[0] for line in seen.clear] == ([] if tls == "implicit" else ["EHLO", "STARTTLS"])
    assert (seen.secret, seen.messages) == ([], [])


def test_an_authority_we_do_not_know_is_not_trusted(authority: Authority) -> None:
    with tls_relay(authority.certificate("good")) as seen:
        word = hand_over(replace(at(seen, authority, tls="starttls"), ca=""))
    assert isinstance(word, Down)
    assert (seen.secret, seen.messages) == ([], [])


def test_tls_older_than_1_2_is_refused(authority: Authority) -> None:
    with (
        pytest.warns(DeprecationWarning, match="TLSv1"),
        tls_relay(authority.certificate("good"), newest=False) as seen,
    ):
        word = hand_over(at(seen, authority, tls="starttls"))
    assert isinstance(word, Down)
    assert (seen.secret, seen.messages) == ([], [])


def test_where_starttls_is_taken_away_nothing_is_handed_over(authority: Authority) -> None:
    with tls_relay(authority.certificate("good"), without=("STARTTLS",)) as seen:
        word = hand_over(at(seen, authority, tls="starttls"))
    assert isinstance(word, Down)
    assert word.words == "the relay does not offer STARTTLS"
    assert [line.split()[0] for line in seen.clear] == ["EHLO"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_handshake_that_hangs_is_given_up(tls: str, authority: Authority) -> None:
    with tls_relay(authority.certificate("good"), implicit=tls == "implicit", hangs=True) as seen:
        word = hand_over(replace(at(seen, authority, tls=tls), command_seconds=0.5))
    assert isinstance(word, Down)
    assert (word.words, word.unanswered) == ("the relay did not answer in time", None)
    assert seen.messages == []


@pytest.mark.parametrize("kind", ["good", "self"])
def test_opportunistic_encrypts_with_any_certificate(kind: str, authority: Authority) -> None:
    with tls_relay(authority.certificate(kind)) as seen:
        word = hand_over(at(seen, authority, tls="opportunistic", login=None))
    assert isinstance(word, Answered)
    assert [line.split()[0] for line in seen.clear] == ["EHLO", "STARTTLS"]


def test_opportunistic_goes_in_clear_where_there_is_no_offer(authority: Authority) -> None:
    with tls_relay(authority.certificate("good"), without=("STARTTLS",)) as seen:
        word = hand_over(at(seen, authority, tls="opportunistic", login=None))
    assert isinstance(word, Answered)
    assert len(seen.messages) == 1


def test_we_log_in_inside_tls_with_plain(authority: Authority) -> None:
    with tls_relay(authority.certificate("good")) as seen:
        hand_over(at(seen, authority, tls="starttls"))
    assert f"AUTH PLAIN {base64.b64encode(b'%cann%cs3cret-w0rd' % (0, 0)).decode()}" in seen.secret


def test_we_log_in_with_login_where_there_is_no_plain(authority: Authority) -> None:
    with tls_relay(authority.certificate("good"), ways="LOGIN") as seen:
        word = hand_over(at(seen, authority, tls="starttls"))
    assert isinstance(word, Answered)
    start = seen.secret.index("AUTH LOGIN")
    assert [base64.b64decode(line) for line in seen.secret[start + 1 : start + 3]] == [b"ann", b"s3cret-w0rd"]


def test_without_a_way_to_log_in_nothing_is_handed_over(authority: Authority) -> None:
    with tls_relay(authority.certificate("good"), ways="CRAM-MD5") as seen:
        word = hand_over(at(seen, authority, tls="starttls"))
    assert isinstance(word, Down)
    assert word.words == "the relay offers no way to log in that we know"


@pytest.mark.parametrize("tls", ["none", "opportunistic"])
def test_a_password_never_goes_to_another_host_in_clear(tls: str) -> None:
    with pytest.raises(Invalid, match="a password goes to another host only with tls=starttls or tls=implicit"):
        read_relay(f"smtp://ann:s3cret@relay.example.org?tls={tls}")


def test_a_password_added_later_is_held_to_the_same() -> None:
    with pytest.raises(Invalid, match="a password goes to another host"):
        replace(read_relay("smtp://relay.example.org"), login=LOGIN)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_a_password_may_go_to_this_host_in_clear(host: str) -> None:
    assert read_relay(f"smtp://ann:s3cret@{host}").login == Login("ann", "s3cret")


def test_a_relay_does_not_show_its_password() -> None:
    assert "s3cret" not in repr(read_relay("smtp://ann:s3cret@relay.example.org?tls=implicit"))


def test_a_file_of_authorities_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"ca=/nowhere\.pem is no readable PEM file"):
        read_relay("smtp://relay.example.org?tls=starttls&ca=/nowhere.pem")


def test_an_address_in_another_script_is_refused_where_the_relay_cannot_take_it(authority: Authority) -> None:
    with tls_relay(authority.certificate("good")) as seen:
        word = hand_over(at(seen, authority, tls="starttls"), recipient="ü@r.example", utf8=True)
    assert isinstance(word, Answered)
    assert (word.reply.code, word.reply.enhanced, seen.messages) == (553, "5.6.7", [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["expired", "wrong", "self"])
def test_a_bad_certificate_burns_no_attempt(kind: str, authority: Authority) -> None:
    issue = sending_issue(readers=5)
    with tls_relay(authority.certificate(kind)) as seen:
        deliver(place="here", seconds=1, transport=Smtp(at(seen, authority, tls="starttls"), most=2))
    assert states(issue) == {"queued": 5}
    assert Delivery.objects.filter(issue=issue, attempts=0).count() == 5
    assert not Attempt.objects.filter(delivery__issue=issue).exists()
    assert seen.secret == []
