"""The one place a MIME message is built: compiled once into byte segments, filled in for each reader.

``compile_message`` turns subject, HTML and text into segments that are already quoted-printable, CRLF and dot-stuffed
(RFC 2045, RFC 5321 4.5.2), with holes for what differs between readers. Every hole starts on a line of its own
(a soft line break stands before and after it), so a value can be encoded alone. What a compiled message yields is
parsed once with hostile values and must show exactly the headers that were meant.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from email.utils import format_datetime
from typing import NamedTuple

from newsletter.delivery.headers import address_octets, clean, mailbox, text_header
from newsletter.errors import Invalid
from newsletter.rendering.personal import Slot, as_is, fill

Parts = Sequence[str | Slot]
WAY_OUT = ("https://example.org/u/1", "mailto:u@example.org")
HOSTILE = '=?UTF-8?Q?=0A?=Bcc: x\r\nBcc: y\r\n\r\n.\r\n"<z@example.org>'


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all copies share: who it is from, its list headers, its words in parts with slots between."""

    from_name: str
    from_address: str
    reply_to: str
    date: datetime
    subject: Parts
    html: Parts
    text: Parts
    boundary: str  # letters and digits; made unique by a prefix that quoted-printable cannot contain
    list_id: str = ""
    list_name: str = ""
    headers: Mapping[str, str | Parts] = field(default_factory=dict)  # further headers


class Copy(NamedTuple):
    """What one copy has of its own. ``unsubscribe`` is (https address, mailto address) or None."""

    message_id: str
    name: str
    address: str
    values: Mapping[str, str]
    unsubscribe: tuple[str, str] | None = None  # needed when the sheet has a list_id


Hole = Callable[[Copy], bytes]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A message with holes. ``content`` is what follows DATA, without the final dot line."""

    pieces: tuple[bytes, ...]
    holes: tuple[tuple[int, Hole], ...]
    header_names: tuple[str, ...]
    slots: frozenset[str]  # the names of all slots in it
    stamp: Callable[[Sequence[bytes]], bytes] | None = None  # makes further headers from the filled pieces

    def content(self, copy: Copy) -> bytes:
        """Return one copy as dot-stuffed CRLF octets; raises ``Invalid`` for an impossible address."""
        pieces = list(self.pieces)
        for index, hole in self.holes:
            pieces[index] = hole(copy)
        if self.stamp is not None:
            pieces.insert(0, self.stamp(pieces))
        return b"".join(pieces)

    def file(self, copy: Copy) -> bytes:
        """Return one copy as an .eml file: the same octets without dot-stuffing."""
        return self.content(copy).replace(b"\r\n..", b"\r\n.")


def compile_message(sheet: Sheet) -> Compiled:
    """Return ``sheet`` compiled; raises ``Invalid`` when its parsed headers differ from those meant."""
    pieces: list[bytes] = []
    holes: list[tuple[int, Hole]] = []
    for part in _layout(sheet):
        if callable(part):
            holes.append((len(pieces), part))
            pieces.append(b"")
        elif pieces and not (holes and holes[-1][0] == len(pieces) - 1):
            pieces[-1] += part
        else:
            pieces.append(part)
    compiled = Compiled(tuple(pieces), tuple(holes), tuple(_header_names(sheet)), _slots(sheet))
    _prove(compiled)
    return compiled


def _layout(sheet: Sheet) -> list[bytes | Hole]:
    """The whole message in order: fixed octets and holes."""
    border = f"=_{sheet.boundary}"
    fixed: list[bytes | Hole] = [b"From: " + mailbox(sheet.from_name, sheet.from_address) + b"\r\n", _to]
    if sheet.reply_to:
        fixed.append(b"Reply-To: <" + address_octets(sheet.reply_to) + b">\r\n")
    fixed.append(_text_header("Subject", sheet.subject))
    fixed.append(f"Date: {format_datetime(sheet.date.astimezone(UTC))}\r\n".encode())
    fixed.append(_message_id)
    if sheet.list_id:
        fixed.append(b"List-Id: " + mailbox(sheet.list_name, f"x@{sheet.list_id}").replace(b"<x@", b"<") + b"\r\n")
        fixed.append(_list_unsubscribe)
        fixed.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    fixed += [_text_header(name, [value] if isinstance(value, str) else value) for name, value in sheet.headers.items()]
    fixed.append(f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{border}"\r\n'.encode())
    for kind, parts in (("plain", sheet.text), ("html", sheet.html)):
        fixed.append(
            f"\r\n--{border}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
        )
        fixed += _body(parts)
    fixed.append(f"\r\n--{border}--\r\n".encode())
    return fixed


def _header_names(sheet: Sheet) -> list[str]:
    names = ["From", "To"] + ["Reply-To"] * bool(sheet.reply_to) + ["Subject", "Date", "Message-ID"]
    if sheet.list_id:
        names += ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
    return [*names, *sheet.headers, "MIME-Version", "Content-Type"]


def _slots(sheet: Sheet) -> frozenset[str]:
    further = [part for value in sheet.headers.values() if not isinstance(value, str) for part in value]
    parts = (*sheet.subject, *sheet.html, *sheet.text, *further)
    return frozenset(part.name for part in parts if isinstance(part, Slot))


def _to(copy: Copy) -> bytes:
    return b"To: " + mailbox(copy.name, copy.address) + b"\r\n"


def _message_id(copy: Copy) -> bytes:
    return f"Message-ID: <{copy.message_id}>\r\n".encode()


def _list_unsubscribe(copy: Copy) -> bytes:
    """RFC 2369 and RFC 8058; a copy without a live link (proof, preview) names only the mail address."""
    if copy.unsubscribe is None:
        return b"List-Unsubscribe: <mailto:unsubscribe@invalid>\r\n"
    web, mail = copy.unsubscribe
    return f"List-Unsubscribe: <{web}>,\r\n <{mail}>\r\n".encode("ascii")


def _text_header(header: str, parts: Parts) -> bytes | Hole:
    if all(isinstance(part, str) for part in parts):
        return text_header(header, "".join(part for part in parts if isinstance(part, str)))
    kept = tuple(parts)

    def personal_header(copy: Copy) -> bytes:
        words = [part if isinstance(part, str) else fill(part, copy.values) for part in kept]
        return text_header(header, "".join(words))

    return personal_header


def _body(parts: Parts) -> list[bytes | Hole]:
    """Encode the fixed parts; a soft line break ends every part that a hole or another part follows."""
    return [_segment(part) if isinstance(part, str) else _slot(part) for part in parts]


def _segment(text: str) -> bytes:
    return _soft_ended(_quoted_printable(text))


def _slot(slot: Slot) -> Hole:
    return _remembering(_value(slot), slot.name) if slot.name == "view" else _value(slot)


def _remembering(hole: Hole, name: str) -> Hole:
    """Return a hole that is filled anew only when its value is another: nearly all readers share this one."""
    last: tuple[str, bytes] | None = None

    def same(copy: Copy) -> bytes:
        nonlocal last
        value = copy.values.get(name, "")
        if last is None or last[0] != value:
            last = (value, hole(copy))
        return last[1]

    return same


def _value(slot: Slot) -> Hole:
    name, stays = slot.name, as_is(slot)

    def value(copy: Copy) -> bytes:
        raw = copy.values.get(name, "")
        if stays(raw):
            return raw.encode() + b"=\r\n"
        return _soft_ended(_quoted_printable(fill(slot, copy.values)))

    return value


def _soft_ended(lines: bytes) -> bytes:
    return lines if not lines or lines.endswith(b"\r\n") else lines + b"=\r\n"


def _quoted_printable(text: str) -> bytes:
    """Return ``text`` as quoted-printable lines of at most 76 octets, CRLF, dot-stuffed, from the start of a line."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    lines = binascii.b2a_qp(unix, istext=True).replace(b"\n", b"\r\n")
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..")


def _prove(compiled: Compiled) -> None:
    """Parse copies, one of them as hostile as it gets, and compare the headers with those meant."""
    hostile = Copy("1@example.org", HOSTILE, "r@example.org", dict.fromkeys(compiled.slots, HOSTILE), WAY_OUT)
    plain = Copy("1@example.org", "R", "r@example.org", {}, WAY_OUT)
    for copy in (hostile, plain):
        octets = compiled.content(copy)
        seen = BytesParser(policy=policy.SMTP).parsebytes(octets)
        names = tuple(seen.keys())
        if names != compiled.header_names or seen["To"].addresses[0].addr_spec != "r@example.org":
            raise Invalid(
                f"The message would not have the headers it was given: {names}.", code="headers", where="message"
            )
        if _letters(seen["To"].addresses[0].display_name) != _letters(clean(copy.name)):
            raise Invalid("The reader's name would not survive.", code="headers", where="message")
        if max(map(len, octets.split(b"\r\n"))) > 998 or b"\r\n.\r\n" in octets or not octets.isascii():
            raise Invalid("The message would hold a line no relay can take.", code="lines", where="message")


def _letters(text: str) -> str:
    """Without spaces: Python's parser shows one between two encoded words, which RFC 2047 does not."""
    return "".join(text.split())
