"""A message taken apart as a mail program would show it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

from newsletter.errors import Invalid

MOST_OCTETS = 5 << 20


@dataclass(frozen=True, slots=True)
class Mail:
    """A message taken apart: its header lines as they stand, unfolded, and both texts with LF line ends."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str

    def first(self, name: str) -> str:
        """Return a header by its name in lower case, "" without one."""
        return next((value for one, value in self.headers if one == name), "")


def take_apart(octets: bytes) -> Mail:
    """Return the two parts and the headers; raises ``Invalid`` for what is no message of exactly two texts."""
    if len(octets) > MOST_OCTETS:
        raise Invalid("The file is larger than 5 MB.", code="too_large", where="mail", fix="Give one message.")
    message = message_from_bytes(octets)
    payload = message.get_payload()
    parts = [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    kinds = [part.get_content_type() for part in parts]
    if message.get_content_type() != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        raise Invalid(
            "This is no message of a text and an HTML part and nothing else.",
            code="not_a_copy",
            where="mail",
            fix="Give the whole .eml file, as it was received.",
        )
    around = f"{message.preamble or ''}{message.epilogue or ''}".strip()
    if around or message.defects or any(part.defects for part in parts):
        raise Invalid("The message is broken or holds more than its parts.", code="not_a_copy", where="mail")
    headers = tuple((name.lower(), unfolded(str(value))) for name, value in message.items())
    text, html = (_decoded(part) for part in parts)
    return Mail(headers, text, html)


def unfolded(value: str) -> str:
    """Return a header's value on one line."""
    return re.sub(r"\r?\n(?=[ \t])", "", value).strip()


def _decoded(part: Message) -> str:
    """Return the text of a part, whatever its transfer encoding."""
    octets = part.get_payload(decode=True)
    try:
        return (octets if isinstance(octets, bytes) else b"").decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Invalid("A part is not UTF-8.", code="not_a_copy", where="mail") from None


def readable(value: str) -> str:
    """Return a header as people read it: decoded, white space collapsed."""
    try:
        return " ".join(str(make_header(decode_header(value))).split())
    except (ValueError, LookupError):
        return value
