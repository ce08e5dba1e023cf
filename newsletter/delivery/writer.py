"""How the rows of one frozen issue become messages: its rendering compiled once, its sender, its links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.catalogue.models import Sender
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.dkim.ring import keys_of
from newsletter.delivery.dkim.stamp import stamped
from newsletter.delivery.headers import address_octets
from newsletter.delivery.ledger import Row
from newsletter.delivery.message import Compiled, Copy, Sheet, compile_message
from newsletter.delivery.return_path import return_path
from newsletter.delivery.transport import Envelope
from newsletter.errors import Unavailable
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.sealed import as_sealed
from newsletter.links import addresses
from newsletter.rendering.personal import DEAD, fill, split


@dataclass(frozen=True, slots=True)
class IssueWriter:
    """Writes every copy of one issue. ``compiled`` and ``sheets`` are by variant."""

    issue: int
    newsletter: int
    sender: Sender
    views: dict[str, str]  # where a variant is shown in the browser
    compiled: dict[str, Compiled]
    sheets: dict[str, Sheet]
    preferences: Callable[[int], str] | None  # a reader's address of preferences; None where no copy names it
    ways_out: Callable[[int], tuple[str, str]]  # a reader's two addresses of List-Unsubscribe

    def envelope(self, row: Row) -> Envelope:
        """Return who the copy goes to and its own return path; raises ``Invalid`` for an impossible address."""
        recipient = address_octets(row.address)
        sender = return_path("d", row.id, self.sender.bounce_domain)
        return Envelope(row.id, sender, recipient, utf8=not recipient.isascii())

    def content(self, row: Row) -> bytes:
        """Return the copy, dot-stuffed."""
        return self.compiled[row.variant].content(self.copy(row))

    def copy(self, row: Row) -> Copy:
        """Return what this copy has of its own; its links are signed for this reader."""
        unsubscribe, mailto = self.ways_out(row.reader_id)
        values = {"name": row.name, "address": row.address, "unsubscribe": unsubscribe, "view": self.views[row.variant]}
        if self.preferences is not None:
            values["preferences"] = self.preferences(row.reader_id)
        return Copy(
            message_id=message_id(self.issue, row.id, self.sender),
            name=row.name,
            address=row.address,
            values=values,
            unsubscribe=(unsubscribe, mailto),
        )


def writer_of(issue_id: int) -> IssueWriter:
    """Return the writer of an issue that is being sent; raises ``Unavailable`` without a stored rendering.

    It writes what was approved, whatever was edited since: all copies are alike.
    """
    issue = as_sealed(find(issue_id))
    renderings = IssueRendering.objects.filter(issue=issue, issue_version=issue.version)
    keys, now = keys_of(issue.newsletter.sender), database_now()
    sheets = {one.variant: sheet_of(issue, one) for one in renderings}
    compiled = {variant: stamped(compile_message(sheet), keys, now=now) for variant, sheet in sheets.items()}
    if "" not in compiled:
        raise Unavailable(f"Issue {issue_id} has no stored rendering.", where=f"issue {issue_id}")
    named = any("preferences" in one.slots for one in compiled.values())
    newsletter, views = issue.newsletter, {name: addresses.view(issue_id, int(name or 1)) for name in compiled}
    sender = newsletter.sender
    ways_out = addresses.ways_out(sender.bounce_domain, newsletter.pk, issue_id)
    preferences = addresses.preferences_of(newsletter.pk) if named else None
    return IssueWriter(issue_id, newsletter.pk, sender, views, compiled, sheets, preferences, ways_out)


def compile_rendering(
    issue: Issue, rendering: IssueRendering, *, date: datetime | None = None, subject_prefix: str = ""
) -> Compiled:
    """Return a stored rendering compiled; all copies carry the time when freezing began, or ``date``."""
    return compile_message(sheet_of(issue, rendering, date=date, subject_prefix=subject_prefix))


def sheet_of(
    issue: Issue, rendering: IssueRendering, *, date: datetime | None = None, subject_prefix: str = ""
) -> Sheet:
    """Return what all copies of a stored rendering share."""
    newsletter, sender = issue.newsletter, issue.newsletter.sender
    when = issue.sending_at or date
    if when is None:
        raise Unavailable(f"Issue {issue.pk} has no sending time.", where=f"issue {issue.pk}")
    return Sheet(
        from_name=sender.name,
        from_address=sender.address,
        reply_to=sender.reply_to,
        date=when,
        subject=split(subject_prefix + rendering.subject, rendering.nonce),
        html=split(rendering.html, rendering.nonce),
        text=split(rendering.text, rendering.nonce),
        boundary=f"newsletter-{issue.pk}-{rendering.content_hash[:16]}",
        list_id=sender.list_id,
        list_name=newsletter.title,
    )


def message_id(issue_id: int, delivery_id: int, sender: Sender) -> str:
    """Return the Message-ID of a delivery, the same on every attempt, without angle brackets."""
    return f"{issue_id}.{delivery_id}@{sender.address.rpartition('@')[2]}"


def dead_values() -> dict[str, str]:
    """Return what stands in the slots of previews and proofs: links that say so and do nothing."""
    return {**DEAD, **{kind: addresses.dead(kind) for kind in ("unsubscribe", "preferences", "view")}}


def dead_text(text: str, nonce: str) -> str:
    """Return a stored text with dead personal values in its slots."""
    values = dead_values()
    return "".join(part if isinstance(part, str) else fill(part, values) for part in split(text, nonce))
