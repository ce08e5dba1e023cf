"""A proof: the stored rendering as a letter to an editor, marked as a test copy, with dead personal links."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from newsletter.delivery.safe import check_may_send
from newsletter.delivery.wake import wake_letters
from newsletter.delivery.writer import dead_text
from newsletter.issues.lifecycle import find, record
from newsletter.issues.render import rendering_of
from newsletter.issues.variant_number import variant_number
from newsletter.letters.models import Letter
from newsletter.letters.write import write
from newsletter.readers.address import normalise


def proof(issue_id: int, *, to: str, variant: str = "", by: str, now: datetime) -> Letter:
    """Write a proof of a variant to ``to`` and wake the letters' queue; returns the letter, still queued.

    Raises ``Invalid`` for anything that is not one plain address, ``NotFound`` for no variant.
    """
    check_may_send()
    address = normalise(to)
    issue = find(issue_id)
    rendering = rendering_of(issue, now=now, variant=variant)

    letter = write(
        "proof",
        key=f"proof:{issue_id}:{uuid4()}",
        sender=issue.newsletter.sender,
        address=address,
        name="",
        subject=mark(rendering.variant) + dead_text(rendering.subject, rendering.nonce),
        html=dead_text(rendering.html, rendering.nonce),
        text=dead_text(rendering.text, rendering.nonce),
        now=now,
    )
    record(
        issue_id,
        "proof",
        by=by,
        now=now,
        detail={"letter": letter.pk, "variant": variant_number(rendering.variant)},
    )
    wake_letters()
    return letter


def mark(variant: str) -> str:
    """Return what stands before the subject of a proof of a variant, given as it is stored."""
    return f"[Proof of variant {variant}] " if variant else "[Proof] "
