"""What we sign, somebody else verifies."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.dkim.canonical import relaxed_header, relaxed_lines
from newsletter.delivery.dkim.keys import Key
from newsletter.delivery.dkim.stamp import stamped
from newsletter.delivery.message import Compiled, Copy, Parts, Sheet, compile_message
from newsletter.delivery.relay import Relay
from newsletter.delivery.submit import submit
from newsletter.delivery.transport import Answered, Envelope
from newsletter.delivery.transports.smtp import Smtp
from newsletter.rendering.personal import Slot
from tests.delivery.dkim.made import DOMAIN, two_keys, verified
from tests.delivery.nasty import STRINGS
from tests.delivery.sink import sink

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
NAMES = ["Ann", "Łukasz Żółć", "山田 太郎", "محمد علي", "Ольга Ш.", "Ñandú O'Brien", "🙇 Ünï", "दीपिका", "", *STRINGS]
TEXTS = [
    "",
    " ",
    "\n",
    "\n\n\n",
    "words\n\n\n\n",
    "blanks at the end   \n",
    "tab\tand  two  blanks \t \n",
    ".\n",
    "..\n.\n",
    ".leading dot",
    "x" * 3000,
    "word " * 700,
    "ü" * 500,
    "=\n=3D=\n",
    "-- \nsignature  \n",
    "100 % %b %% of %s\n",
    "From the start\nFrom the next\n",
    "\r\nmixed\rends\r\n",
]
SLOTS = (Slot("name", "plain", "en"), Slot("name", "text", "en", "reader"), Slot("view", "attribute"))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Key, ...]:
    return two_keys(tmp_path_factory.mktemp("keys"))


def sheet(*, subject: Parts = ("Weekly",), text: Parts = ("Hello\n",), html: Parts = ("<p>Hello</p>",)) -> Sheet:
    return Sheet(
        from_name="Büro der Nachrichten",
        from_address=f"news@{DOMAIN}",
        reply_to=f"desk@{DOMAIN}",
        date=NOW,
        subject=subject,
        html=html,
        text=text,
        boundary="b1",
        list_id=f"weekly.{DOMAIN}",
        list_name="Weekly",
    )


def copy(name: str = "Ann", number: int = 1) -> Copy:
    values = {"name": name, "address": "r@example.org", "view": f"https://example.org/v/{number}?a=1&b=2"}
    ways = (f"https://example.org/u/{number}", f"mailto:u+{number}@{DOMAIN}")
    return Copy(f"1.{number}@{DOMAIN}", name, f"r{number}@readers.example", values, ways)


def signed(made: Sheet, keys: tuple[Key, ...]) -> Compiled:
    return stamped(compile_message(made), keys, now=NOW)


def any_parts(chance: random.Random) -> list[str | Slot]:
    parts: list[str | Slot] = [chance.choice(TEXTS) for _ in range(chance.randrange(4))]
    for _ in range(chance.randrange(4)):
        parts.insert(chance.randrange(len(parts) + 1), chance.choice(SLOTS))
    return parts


def test_a_thousand_varied_mails_verify_with_both_keys(keys: tuple[Key, ...]) -> None:
    chance = random.Random(6376)
    checked = 0
    for number in range(200):
        subject: list[str | Slot] = [chance.choice([*NAMES, "Weekly " * 30, "Ünïcode " * 20])]
        if number % 3 == 0:
            subject.append(SLOTS[0])
        made = signed(sheet(subject=subject, text=any_parts(chance), html=any_parts(chance)), keys)
        for one in range(5):
            octets = made.file(copy(chance.choice([*NAMES, *TEXTS]), number * 5 + one))
            assert verified(octets, keys) == [True, True], octets
            checked += 1
    assert checked == 1000


def test_a_changed_word_breaks_both_signatures(keys: tuple[Key, ...]) -> None:
    octets = signed(sheet(text=["Pay 10"]), keys).file(copy())
    assert verified(octets.replace(b"Pay 10", b"Pay 99"), keys) == [False, False]


@pytest.mark.parametrize("name", ["From", "Subject"])
def test_a_second_from_or_subject_breaks_the_signature(name: str, keys: tuple[Key, ...]) -> None:
    octets = signed(sheet(), keys).file(copy())
    assert verified(f"{name}: evil@example.net\r\n".encode() + octets, keys) == [False, False]


def test_every_header_that_matters_is_signed(keys: tuple[Key, ...]) -> None:
    octets = signed(sheet(), keys).file(copy())
    listed = re.findall(rb"\sh=([^;]*);", octets)
    names = [re.sub(rb"\s", b"", one).decode().split(":") for one in listed]
    assert sorted(names[0]) == sorted(
        [
            *("from", "from", "subject", "subject", "to", "date", "message-id", "reply-to", "mime-version"),
            *("content-type", "list-id", "list-unsubscribe", "list-unsubscribe-post"),
        ]
    )
    assert names[0] == names[1]


def test_the_signature_fits_into_lines(keys: tuple[Key, ...]) -> None:
    octets = signed(sheet(), keys).file(copy())
    assert max(len(line) for line in octets.partition(b"\r\nFrom:")[0].split(b"\r\n")) <= 78


def test_without_keys_nothing_changes() -> None:
    assert stamped(compile_message(sheet()), (), now=NOW).content(copy()) == compile_message(sheet()).content(copy())


def test_mail_that_went_through_a_relay_still_verifies(keys: tuple[Key, ...], tmp_path: Path) -> None:
    texts: list[str | Slot] = [".\n..dots\n", SLOTS[0], "\n.\ntrailing  \n\n\n"]
    made = signed(sheet(text=texts, html=[SLOTS[1], *TEXTS, SLOTS[2]]), keys)
    with sink(tmp_path, spool=True) as relay:
        transport = Smtp(Relay("127.0.0.1", relay.port), most=1)
        for number, name in enumerate(NAMES[:60]):
            channel = transport.open()
            content = made.content(copy(name, number))
            word = submit(
                channel,
                Envelope(number, b"b@b.example", b"r@r.example"),
                lambda content=content: content,  # type: ignore[misc]
                lambda: True,
            )
            assert isinstance(word, Answered)
            channel.leave()
        seen = relay.messages()
    assert [verified(octets, keys) for octets in seen] == [[True, True]] * 60


@pytest.mark.parametrize(
    ("header", "relaxed"),
    [
        (b"SubJect:  a \t b \r\n", b"subject:a b"),
        (b"To: Ann\r\n <a@b.example>\r\n", b"to:Ann <a@b.example>"),
        (b"X : \r\n  y\r\n", b"x:y"),
        (b"Subject: \r\n", b"subject:"),
    ],
)
def test_headers_are_relaxed_as_the_standard_says(header: bytes, relaxed: bytes) -> None:
    assert relaxed_header(header) == relaxed


@pytest.mark.parametrize(
    ("lines", "relaxed"),
    [
        (b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),
        (b"\t\r\n", b"\r\n"),
        (b"a  \r\n", b"a\r\n"),
        (b"a b\r\n", b"a b\r\n"),
        (b"a\t\r\nb\r\n", b"a\r\nb\r\n"),
    ],
)
def test_lines_are_relaxed_as_the_standard_says(lines: bytes, relaxed: bytes) -> None:
    assert relaxed_lines(lines) == relaxed
