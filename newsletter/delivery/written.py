"""Octets that know what they were written from, for transports that hand over words and values instead of octets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from newsletter.delivery.ledger import Row
from newsletter.delivery.message import Copy, Sheet
from newsletter.delivery.transport import Envelope
from newsletter.delivery.writer import IssueWriter


class Written(bytes):
    """A finished copy, with its sheet and what it has of its own. To any other transport it is plain octets."""

    sheet: Sheet
    copy: Copy


@dataclass(frozen=True, slots=True)
class KnowingWriter:
    """Writes as the issue's writer does, and lets every copy know where it comes from."""

    writer: IssueWriter

    def envelope(self, row: Row) -> Envelope:
        """Return who the copy goes to; raises ``Invalid`` for an impossible address."""
        return self.writer.envelope(row)

    def content(self, row: Row) -> bytes:
        """Return the copy, dot-stuffed."""
        copy = self.writer.copy(row)
        written = Written(self.writer.compiled[row.variant].content(copy))
        written.sheet, written.copy = self.writer.sheets[row.variant], copy
        return written


def unsigned(writer: IssueWriter) -> IssueWriter:
    """Return the writer of an issue that goes to providers alone: a signature of ours does not hold for their mail."""
    return replace(writer, compiled={name: replace(one, stamp=None) for name, one in writer.compiled.items()})
