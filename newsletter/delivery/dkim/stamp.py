"""Sign every copy of a compiled message, with most of the work done once.

What is the same in all copies is brought into canonical form when the message is compiled. The body's hash up to its
first hole is kept and copied; so is that of the signed headers which do not differ: they stand first in h=.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

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
LONG = 4096  # octets; what is shorter is cheaper to copy than to hash by a call of its own


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


class Personal(NamedTuple):
    """A signed header that differs between copies: which piece, how it begins as written and as signed."""

    piece: int
    written: bytes
    signed: bytes


class Run(NamedTuple):
    """A stretch of the body hashed in one go: how it reads, with %b for the values from ``start`` to ``stop``."""

    words: bytes
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """Returns the DKIM-Signature headers of one copy. It is called with the copy's pieces, all holes filled."""

    headers: Hash  # of the signed headers that do not differ
    personal: tuple[Personal, ...]  # the other signed headers
    body: Hash  # up to its first hole
    holes: tuple[int, ...]  # of the body
    runs: tuple[Run, ...]  # what stands behind: long pieces alone, so that nothing long is copied
    signatures: tuple[Signature, ...]

    def __call__(self, pieces: Sequence[bytes]) -> bytes:
        values = self._values(pieces)
        body = self.body.copy()
        for words, start, stop in self.runs:
            body.update(words % values[start:stop] if start < stop else words)
        headers = self.headers.copy()
        headers.update(self._personal_headers(pieces))
        body_hash = b2a_base64(body.digest(), newline=False)
        return b"".join([signature.header(headers, body_hash) for signature in self.signatures])

    def _values(self, pieces: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return the body's values as they are signed; nearly all are in canonical form already."""
        values = tuple([pieces[index] for index in self.holes])
        seen = b"\r\n".join((b"", *values))
        if b"\r\n." in seen or _has_odd_space(seen):
            return tuple(relaxed_lines(unstuffed(value)) for value in values)
        return values

    def _personal_headers(self, pieces: Sequence[bytes]) -> bytes:
        """Return the personal headers as they are signed: folds undone, names small."""
        parts: list[bytes] = []
        for index, written, signed in self.personal:
            piece = pieces[index]
            if not piece.startswith(written):
                return self._any_headers(pieces)
            parts += (signed, piece[len(written) :])
        whole = b"".join(parts).replace(b"\r\n ", b" ")
        return self._any_headers(pieces) if _has_odd_space(whole) else whole

    def _any_headers(self, pieces: Sequence[bytes]) -> bytes:
        return b"".join([relaxed_header(pieces[one.piece]) + b"\r\n" for one in self.personal])


def _has_odd_space(octets: bytes) -> bool:
    """Return whether the relaxed form may be another: two spaces in a row, one before a line's end, a tab."""
    return b"  " in octets or b" \r" in octets or b"\t" in octets


def stamped(compiled: Compiled, keys: Sequence[Key], *, now: datetime) -> Compiled:
    """Return a compiled message whose copies are signed with every key; without a key as it was."""
    if not keys:
        return compiled
    holes = {index for index, _ in compiled.holes}
    border = _border(compiled, holes)
    head, _, start = compiled.pieces[border].partition(b"\r\n\r\n")
    names = iter(compiled.header_names)
    names_of = {name.lower(): name.encode() for name in compiled.header_names}
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
    behind = range(border + 1, len(compiled.pieces))
    rest = [None if index in holes else relaxed_lines(unstuffed(compiled.pieces[index])) for index in behind]
    stamp = Stamp(
        headers=sha256(b"".join(relaxed_header(header) + b"\r\n" for _, header in fixed)),
        personal=tuple(Personal(index, names_of[name] + b": ", name.encode() + b":") for name, index in personal),
        body=sha256(relaxed_lines(unstuffed(start))),
        holes=tuple(index for index in behind if index in holes),
        runs=tuple(_runs(rest)),
        signatures=tuple(_signature(key, named, now) for key in keys),
    )
    return replace(compiled, stamp=stamp)


def _runs(rest: Sequence[bytes | None]) -> Iterator[Run]:
    """Yield the body behind its first hole (None is a hole); what is short goes together, what is long alone."""
    words, start, stop = b"", 0, 0
    for octets in rest:
        if octets is None:
            words, stop = words + b"%b", stop + 1
        elif len(octets) < LONG:
            words += octets.replace(b"%", b"%%")
        else:
            yield _run(words, start, stop)
            yield Run(octets, stop, stop)
            words, start = b"", stop
    yield _run(words, start, stop)


def _run(words: bytes, start: int, stop: int) -> Run:
    """Return a run; one without values is never filled, so it stands as it reads."""
    return Run(words if start < stop else words.replace(b"%%", b"%"), start, stop)


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
