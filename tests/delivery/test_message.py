"""The built message: exactly the headers that were meant, for whatever a reader is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.headers import address_octets, clean
from newsletter.delivery.message import Copy, Sheet, compile_message
from newsletter.errors import Invalid
from newsletter.rendering.personal import Slot

SHEET = Sheet(
    from_name="Meridian Institute",
    from_address="ctw@news.example",
    reply_to="editor@news.example",
    date=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    subject=["This week"],
    html=["<p>Dear ", Slot("name", "text"), "</p>\n", '<a href="', Slot("unsubscribe", "url"), '">leave</a>'],
    text=[".\nDear ", Slot("name", "plain"), "\n.leading dot\n"],
    boundary="b1",
    list_id="ctw.news.example",
    list_name="This Week",
)
COMPILED = compile_message(SHEET)
LEAVE = ("https://news.example/u/T0ken", "mailto:leave+T0ken@bounces.news.example?subject=unsubscribe")
NAMES = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
]


def built(name: str = "Ada", address: str = "ada@readers.example") -> EmailMessage:
    copy = Copy("1.2@news.example", name, address, {"name": name, "unsubscribe": LEAVE[0]}, LEAVE)
    seen = BytesParser(policy=policy.default).parsebytes(COMPILED.file(copy).replace(b"\r\n", b"\n"))
    assert isinstance(seen, EmailMessage)
    return seen


def test_a_message_has_exactly_the_headers_that_were_meant() -> None:
    assert list(built().keys()) == NAMES


def test_the_headers_say_what_was_meant() -> None:
    seen = built()
    assert {name: str(seen[name]) for name in NAMES[:9]} == {
        "From": "Meridian Institute <ctw@news.example>",
        "To": "Ada <ada@readers.example>",
        "Reply-To": "editor@news.example",
        "Subject": "This week",
        "Date": "Tue, 24 Nov 2026 09:00:00 +0000",
        "Message-ID": "<1.2@news.example>",
        "List-Id": "This Week <ctw.news.example>",
        "List-Unsubscribe": f"<{LEAVE[0]}>, <{LEAVE[1]}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_both_parts_survive_encoding_with_their_dots_and_slots() -> None:
    seen = built("Ада <b>")
    text, html = seen.get_body(("plain",)), seen.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content() == ".\nDear Ада <b>\n.leading dot\n"
    assert html.get_content() == f'<p>Dear Ада &lt;b&gt;</p>\n<a href="{LEAVE[0]}">leave</a>'


@pytest.mark.parametrize(
    "name",
    [
        "=?UTF-8?Q?=0A?=Bcc: x",
        "Ada\r\nBcc: x@y.example",
        "Ada\nBcc: x@y.example\n\nbody",
        'Ada "the countess" <x@y.example>, other@y.example',
        "\u2028Bcc: x",
        "x" * 400,
        "العربية و中文",
        ",;:<>@",
    ],
)
def test_a_name_never_becomes_a_header_or_an_address(name: str) -> None:
    seen = built(name)
    assert list(seen.keys()) == NAMES
    assert [one.addr_spec for one in seen["To"].addresses] == ["ada@readers.example"]
    assert "".join(seen["To"].addresses[0].display_name.split()) == "".join(clean(name).split())


@given(st.text(max_size=200))
def test_any_text_as_a_name_keeps_headers_body_and_lines_whole(name: str) -> None:
    copy = Copy("1.2@news.example", name, "a@b.example", {"name": name, "unsubscribe": LEAVE[0]}, LEAVE)
    octets = COMPILED.content(copy)
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert b"\r\n.\r\n" not in octets
    assert octets.isascii()
    assert octets.replace(b"\r\n", b"").find(b"\r") == octets.replace(b"\r\n", b"").find(b"\n") == -1
    seen = BytesParser(policy=policy.SMTP).parsebytes(COMPILED.file(copy))
    assert list(seen.keys()) == NAMES


@given(st.text(max_size=2000))
def test_any_text_survives_a_body(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    sheet = replace(SHEET, subject=[text], html=[text], text=[text], list_id="")
    seen = BytesParser(policy=policy.SMTP).parsebytes(
        compile_message(sheet).file(Copy("1@b.example", "", "r@b.example", {}))
    )
    expected = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    for part in seen.iter_parts():  # type: ignore[attr-defined]
        assert part.get_payload(decode=True).replace(b"\r\n", b"\n") == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b.example",
        "a@",
        "a b@c.example",
        "a\r\n@c.example",
        "a@b.example>",
        "<a@b.example",
        'a"b@c.example',
        "a@-b.example",
        "a@b..example",
    ],
)
def test_an_impossible_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        address_octets(address)


def test_an_international_domain_travels_as_ascii_and_a_local_part_as_utf8() -> None:
    assert address_octets("ада@bücher.example") == "ада@xn--bcher-kva.example".encode()


def test_every_copy_shows_its_own_address_of_the_issue() -> None:
    compiled = compile_message(replace(SHEET, text=["See ", Slot("view", "url"), "\n"]))
    shown = []
    for view in (
        "https://n.example/v/1",
        "https://n.example/v/1",
        "https://n.example/v/2",
        "",
        "https://n.example/v/1",
    ):
        content = compiled.content(Copy("1.2@b.example", "Ada", "a@b.example", {"view": view}, LEAVE))
        text = BytesParser(policy=policy.default).parsebytes(content).get_body(("plain",))
        assert text is not None
        shown.append(text.get_content().strip())
    assert shown == [
        "See https://n.example/v/1",
        "See https://n.example/v/1",
        "See https://n.example/v/2",
        "See",
        "See https://n.example/v/1",
    ]
