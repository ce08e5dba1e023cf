"""What every transport promises, over the whole registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core import mail
from django.test import override_settings

from newsletter.delivery.submit import submit
from newsletter.delivery.transport import Answered, Envelope, Transport
from newsletter.delivery.transports import TRANSPORTS, current_transport
from tests.delivery.sink import sink

CONTENT = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n\r\n..dot\r\n"


@contextmanager
def transport(name: str, folder: Path) -> Iterator[Transport]:
    with (
        sink(folder) as relay,
        override_settings(
            TRANSPORT=name,
            SMTP_URL=f"smtp://127.0.0.1:{relay.port}",
            HOME=folder,
            EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        ),
    ):
        yield current_transport()


@pytest.mark.parametrize("name", sorted(TRANSPORTS))
def test_a_message_is_offered_then_marked_then_accepted(name: str, tmp_path: Path) -> None:
    order: list[str] = []

    def intend() -> bool:
        order.append("marked")
        return True

    def content() -> bytes:
        order.append("content")
        return CONTENT

    with transport(name, tmp_path) as chosen:
        channel = chosen.open()
        word = submit(channel, Envelope(7, b"b@b.example", b"c@d.example"), content, intend)
        channel.leave()
    assert isinstance(word, Answered)
    assert (word.envelope.key, word.phase, word.reply.code) == (7, "answer", 250)
    assert order == ["marked", "content"]


def test_a_provider_gets_the_headers_but_no_signature_that_would_not_hold_for_its_mail(tmp_path: Path) -> None:
    signed = b"DKIM-Signature: v=1; a=rsa-sha256\r\nList-Id: <x.example>\r\n" + CONTENT
    with transport("anymail", tmp_path) as chosen:
        submit(chosen.open(), Envelope(7, b"b@b.example", b"c@d.example"), lambda: signed, lambda: True)
    assert dict(mail.outbox[-1].extra_headers) == {"List-Id": "<x.example>"}


@pytest.mark.parametrize("name", sorted(TRANSPORTS))
def test_without_the_mark_nothing_leaves(name: str, tmp_path: Path) -> None:
    def content() -> bytes:
        raise AssertionError("content was asked for without a mark")

    with transport(name, tmp_path) as chosen:
        assert submit(chosen.open(), Envelope(7, b"b@b.example", b"c@d.example"), content, lambda: False) is None
        assert not list(tmp_path.glob("outgoing/*.eml"))
        assert (tmp_path / "accepted.log").read_text() == ""


@pytest.mark.parametrize("name", sorted(TRANSPORTS))
def test_a_transport_is_called_as_the_registry_calls_it(name: str, tmp_path: Path) -> None:
    with transport(name, tmp_path) as chosen:
        assert (chosen.name, chosen.most > 0) == (name, True)
