"""Sign every copy of a compiled message, with most of the work done once.

What is the same in all copies is brought into canonical form when the message is compiled. The body's hash up to its
first hole is kept and copied; so is that of the signed headers which do not differ: they stand first in h=.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from newsletter.delivery.dkim.canonical import headers_in, relaxed_header, relaxed_lines, unstuffed
from newsletter.delivery.dkim.keys import Key
from newsletter.delivery.message import Compiled

SIGNED = frozenset(
    (
        *("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post"),
    )
)
OVERSIGNED = ("from", "subject")  # named once more than they stand there: a second one breaks the signature
LINE = 72  # octets


class Hash(Protocol):
    """What hashlib makes."""

    def copy(self) -> Hash: ...
    def update(self, octets: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Signature:
    """One key's header: what stands before the body's hash, as written and as signed."""

    key: Key
    written: bytes
    signed: bytes

    def header(self, headers: Hash, body_hash: bytes) -> bytes:
        """Return the finished header; ``headers`` is the hash of all others."""
        own = headers.copy()
        own.update(self.signed + body_hash + b"; b=")
        coded = b2a_base64(self.key.sign(own.digest()), newline=False)
        lines = [coded[start : start + LINE] for start in range(0, len(coded), LINE)]
        return b"%b%b;\r\n b=%b\r\n" % (self.written, body_hash, b"\r\n ".join(lines))


@dataclass(frozen=True, slots=True)
class Stamp:
    """Returns the DKIM-Signature headers of one copy. It is called with the copy's pieces, all holes filled."""

    headers: Hash  # of the signed headers that do not differ
    holes: tuple[int, ...]  # the other signed headers
    body: Hash  # up to its first hole
    rest: tuple[tuple[int, bytes | None], ...]  # the pieces behind it: canonical, or None for a hole
    signatures: tuple[Signature, ...]

    def __call__(self, pieces: Sequence[bytes]) -> bytes:
        body = self.body.copy()
        for index, octets in self.rest:
            body.update(relaxed_lines(unstuffed(pieces[index])) if octets is None else octets)
        headers = self.headers.copy()
        headers.update(b"".join([relaxed_header(pieces[index]) + b"\r\n" for index in self.holes]))
        body_hash = b2a_base64(body.digest(), newline=False)
        return b"".join([signature.header(headers, body_hash) for signature in self.signatures])


def stamped(compiled: Compiled, keys: Sequence[Key], *, now: datetime) -> Compiled:
    """Return a compiled message whose copies are signed with every key; without a key as it was."""
    if not keys:
        return compiled
    holes = {index for index, _ in compiled.holes}
    border = _border(compiled, holes)
    head, _, start = compiled.pieces[border].partition(b"\r\n\r\n")
    names = iter(compiled.header_names)
    fixed: list[tuple[str, bytes]] = []
    personal: list[tuple[str, int]] = []
    for index, piece in enumerate((*compiled.pieces[:border], head + b"\r\n")):
        if index in holes:
            personal.append((next(names).lower(), index))
        else:
            fixed += [(next(names).lower(), header) for header in headers_in(piece)]
    fixed = [(name, header) for name, header in fixed if name in SIGNED]
    personal = [(name, index) for name, index in personal if name in SIGNED]
    named = [*(name for name, _ in fixed), *(name for name, _ in personal), *OVERSIGNED]
    rest = [
        (index, None if index in holes else relaxed_lines(unstuffed(piece)))
        for index, piece in enumerate(compiled.pieces)
        if index > border
    ]
    stamp = Stamp(
        headers=sha256(b"".join(relaxed_header(header) + b"\r\n" for _, header in fixed)),
        holes=tuple(index for _, index in personal),
        body=sha256(relaxed_lines(unstuffed(start))),
        rest=tuple(rest),
        signatures=tuple(_signature(key, named, now) for key in keys),
    )
    return replace(compiled, stamp=stamp)


def _border(compiled: Compiled, holes: set[int]) -> int:
    """Return the piece in which the headers end; a message ends in its last border line, never in a hole."""
    if not compiled.pieces[-1].endswith(b"--\r\n"):
        raise RuntimeError("the empty lines at the end of this message would have to be left out")
    return next(index for index, piece in enumerate(compiled.pieces) if index not in holes and b"\r\n\r\n" in piece)


def _signature(key: Key, names: Sequence[str], now: datetime) -> Signature:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) >= LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    listed = "\r\n ".join(lines).removesuffix(":")
    written = (
        f"DKIM-Signature: v=1; a={key.algorithm}-sha256; c=relaxed/relaxed;\r\n d={key.domain};\r\n"
        f" s={key.selector};\r\n t={int(now.timestamp())};\r\n h={listed};\r\n bh="
    ).encode()
    return Signature(key, written, relaxed_header(written))
