"""Mail headers as bytes that can hold any text and never become a second header (RFC 5322, RFC 2047)."""

from __future__ import annotations

import base64
import re
import unicodedata
from functools import lru_cache

from newsletter.errors import Invalid

FOLD_AT = 76
WORD_OCTETS = 42  # of UTF-8 in one encoded word: 56 base64 characters and 12 of frame, below 75
_PLAIN = re.compile(r"[ -~]*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LOCAL_UTF8 = re.compile(r"[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,.\"\s]+(\.[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,.\"\s]+)*\Z")
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\Z"
)


def clean(text: str) -> str:
    """Return ``text`` on one line: every control, line or paragraph separator becomes a space, runs collapse."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") else letter for letter in text)
    return " ".join(kept.split())


def text_header(name: str, text: str) -> bytes:
    """Return an unstructured header (Subject) with its line end, folded, non-ASCII as encoded words."""
    words = clean(text)
    if _PLAIN.match(words) and "=?" not in words:
        return _folded(f"{name}: {words}")
    return f"{name}: ".encode() + _encoded_words(words) + b"\r\n"


def mailbox(display_name: str, address: str) -> bytes:
    """Return ``Name <address>`` as header bytes, folded before the address; the name may be empty or hostile."""
    target = b"<" + address_octets(address) + b">"
    name = clean(display_name)
    if not name:
        return target
    return _phrase(name) + b"\r\n " + target


@lru_cache(maxsize=4096)  # an envelope and a header each ask for it, some hundred messages apart
def address_octets(address: str) -> bytes:
    """Return an address as SMTP and headers carry it: the domain in IDNA, a non-ASCII local part in UTF-8.

    Raises ``Invalid`` for what no relay can take: spaces, control characters, quotes, brackets, no domain.
    """
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise _no_address() from None
    fits = _LOCAL.match(local) if local.isascii() else _LOCAL_UTF8.match(local)
    if not fits or not _DOMAIN.match(domain) or len(local.encode()) > 64:
        raise _no_address()
    return f"{local}@{domain}".encode()


def _no_address() -> Invalid:
    return Invalid(
        "This is no address a relay can take.", code="bad_address", where="address", fix="Correct the address."
    )


def _phrase(name: str) -> bytes:
    if not _PLAIN.match(name) or "=?" in name or len(name) > FOLD_AT - 8:
        return _encoded_words(name)
    if _ATOMS.match(name):
        return name.encode()
    return b'"' + name.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def _encoded_words(text: str) -> bytes:
    words, octets = [], b""
    for letter in text:
        coded = letter.encode()
        if len(octets) + len(coded) > WORD_OCTETS:
            words.append(octets)
            octets = b""
        octets += coded
    words.append(octets)
    return b"\r\n ".join(b"=?utf-8?b?" + base64.b64encode(word) + b"?=" for word in words)


def _folded(line: str) -> bytes:
    """Fold at spaces; a word longer than a line stays whole, beyond 900 octets it is encoded."""
    if len(line) <= FOLD_AT:
        return line.encode() + b"\r\n"
    words = line.split(" ")
    if any(len(word) > 900 for word in words):
        name, _, value = line.partition(": ")
        return f"{name}: ".encode() + _encoded_words(value) + b"\r\n"
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > FOLD_AT and len(lines[-1].strip()) > 0 and lines[-1] != words[0]:
            lines.append(" " + word)
        else:
            lines[-1] += " " + word
    return "\r\n".join(lines).encode() + b"\r\n"
