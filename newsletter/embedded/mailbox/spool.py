"""Where caught mail is kept: append-only files of records, and a line a recipient as the witness.

A record is one line with the recipients (separated by commas) and the message as it came over the wire: dot-stuffed
and with its final dot, so every record ends with ``RECORD_END`` and has none inside.
``spool-N`` begins with message number N.
"""

from __future__ import annotations

import mmap
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

KEPT = 5000  # messages that can be looked at
SPOOL_BYTES = 256 << 20  # then a new spool is begun, and the one before the last forgotten
RECORD_END = b"\r\n.\r\n"
TAIL_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Caught:
    """Where one message lies in the spools (bytes). ``recipients`` are as given in the conversation."""

    number: int
    recipients: str
    spool: Path
    offset: int
    length: int

    def content(self) -> bytes:
        """Return the message as it would lie in a mailbox; raises ``FileNotFoundError`` when it was forgotten."""
        with self.spool.open("rb") as file:
            file.seek(self.offset)
            return _unstuffed(file.read(self.length))


class Spool:
    """The caught mail of one folder; goes on where an earlier catcher ended."""

    def __init__(self, folder: Path, *, kept: int = KEPT, spool_bytes: int = SPOOL_BYTES) -> None:
        self._folder, self._spool_bytes = folder, spool_bytes
        self._newest: deque[Caught] = deque(maxlen=kept)
        self.accepted = 0  # messages, since the folder was new
        witness = folder / "accepted.log"
        self._witness = os.open(witness, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        for place in _spools(folder):
            self.accepted = _first_number(place) - 1
            for caught in _records(place):
                self._remember(caught)
        self._begin()

    def add(self, recipients: Sequence[bytes], content: bytes) -> None:
        """Keep one message (dot-stuffed, with its end), then bear witness for each recipient; raises ``OSError``."""
        head = b",".join(recipients) + b"\r\n"
        written = os.writev(self._file, [head, content])
        if written < len(head) + len(content):
            os.ftruncate(self._file, self._size)
            raise OSError("The disk is full.")
        os.write(self._witness, b"".join(recipient + b"\n" for recipient in recipients))
        self._remember(_caught(self.accepted + 1, head, self._place, self._size + len(head), len(content)))
        self._size += written
        if self._size > self._spool_bytes:
            os.close(self._file)
            self._begin()

    def newest(self, wanted: str = "") -> Iterator[Caught]:
        """Yield the messages that can be looked at, newest first; only those with ``wanted`` in an address."""
        wanted = wanted.lower()
        return (caught for caught in reversed(self._newest) if wanted in caught.recipients.lower())

    def find(self, number: int) -> Caught | None:
        """Return a message by number when it is still kept."""
        at = number - self._newest[0].number if self._newest else -1
        found = self._newest[at] if 0 <= at < len(self._newest) else None
        return found if found and found.spool.exists() else None

    def _remember(self, caught: Caught) -> None:
        self._newest.append(caught)
        self.accepted = caught.number

    def _begin(self) -> None:
        """Begin a new spool and forget all but the one before."""
        self._place, self._size = self._folder / f"spool-{self.accepted + 1}", 0
        for old in [place for place in _spools(self._folder) if place != self._place][:-1]:
            old.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC | os.O_CLOEXEC
        self._file = os.open(self._place, flags, 0o600)


def newest_message(folder: Path) -> bytes | None:
    """Return the newest message of a folder, also while a catcher writes there; None when there is none."""
    for place in reversed(_spools(folder)):
        record = _last_record(place)
        if record:
            return _unstuffed(record.split(b"\n", 1)[1])
    return None


def _last_record(place: Path) -> bytes:
    """Return the last whole record of a spool, reading no more of its end than needed."""
    size = place.stat().st_size
    length = TAIL_BYTES
    with place.open("rb") as file:
        while True:
            file.seek(max(size - length, 0))
            parts = file.read(length).rsplit(RECORD_END, 2)
            if len(parts) == 3 or (len(parts) == 2 and length >= size):
                return parts[-2] + RECORD_END
            if length >= size:
                return b""
            length *= 4


def _records(place: Path) -> Iterator[Caught]:
    """Yield the whole records of a spool in their order."""
    if not place.stat().st_size:
        return
    number = _first_number(place)
    with place.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        at = 0
        while (final := text.find(RECORD_END, at)) >= 0:  # without one it was torn, so it was never answered
            start, end = text.find(b"\n", at) + 1, final + len(RECORD_END)
            yield _caught(number, text[at:start], place, start, end - start)
            number, at = number + 1, end


def _caught(number: int, head: bytes, place: Path, offset: int, length: int) -> Caught:
    names = head.decode(errors="replace").strip().replace(",", ", ")
    return Caught(number, names, place, offset, length)


def _spools(folder: Path) -> list[Path]:
    return sorted(folder.glob("spool-*"), key=_first_number)


def _first_number(place: Path) -> int:
    return int(place.name.removeprefix("spool-"))


def _unstuffed(content: bytes) -> bytes:
    """Undo dot-stuffing (RFC 5321 section 4.5.2) and take off the final dot."""
    content = content.removesuffix(b".\r\n")
    content = content[1:] if content.startswith(b"..") else content
    return content.replace(b"\r\n..", b"\r\n.")
