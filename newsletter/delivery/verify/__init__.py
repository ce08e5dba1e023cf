"""Prove that a mail is a copy of an approved issue: every byte outside the slots, every value in them, every header.

Relays may add header lines and code the parts otherwise; anything else that differs is told, and nothing is proven.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.verify.compare import OURS, compare
from newsletter.delivery.verify.mail import Mail, take_apart
from newsletter.errors import Invalid, NewsletterError
from newsletter.issues.models import Issue, IssueLock
from newsletter.issues.rebuild import faults, opened
from newsletter.issues.variant_number import variant_number
from newsletter.letters.models import Letter
from newsletter.links.addresses import PATHS
from newsletter.links.sign import read

MOST_LOCKS = 20  # approvals of one issue that are looked through, the newest first
_LINK = re.compile(rf"/({'|'.join(PATHS.values())})/([A-Za-z0-9_-]{{8,200}})")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail is proven to be. ``copy`` is delivery, preview or proof; ``differs`` is why it is nothing proven.

    ``in_force`` says whether the approval still holds; ``notes`` tell what could not be compared, or was replaced.
    """

    verified: bool
    issue: int | None = None
    newsletter: str = ""
    slot: datetime | None = None
    variant: str = ""
    seal: str = ""
    seal_ok: bool = False
    approved_at: datetime | None = None
    approved_by: tuple[str, ...] = ()
    in_force: bool = False
    copy: str = ""
    delivery: int | None = None
    differs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def verify(octets: bytes) -> Verdict:
    """Return what the mail in ``octets`` (an .eml file) is; raises ``Invalid`` for what is no mail of two parts."""
    mail = take_apart(octets)
    issue = _issue_of(mail)
    if issue is None:
        return Verdict(False, differs=("Neither its Message-ID nor a signed link in it names an issue of ours.",))
    nearest = Verdict(False, issue=issue.pk, newsletter=issue.newsletter.code, slot=issue.slot)
    locks = IssueLock.objects.filter(issue=issue).order_by("-pk")[:MOST_LOCKS]
    if not locks:
        return _unlike(nearest, f"Issue {issue.pk} was never approved.")
    nearest = _unlike(nearest)
    for lock in locks:
        for verdict in _held_against(mail, issue, lock):
            if verdict.verified:
                return verdict
            if not nearest.differs or len(verdict.differs) < len(nearest.differs):
                nearest = verdict
    return nearest


def _unlike(verdict: Verdict, *differs: str) -> Verdict:
    return Verdict(False, issue=verdict.issue, newsletter=verdict.newsletter, slot=verdict.slot, differs=tuple(differs))


def _issue_of(mail: Mail) -> Issue | None:
    """Return the issue a mail says it is of, by its Message-ID or by a link that we signed; a claim, no proof."""
    for number in _numbers(mail):
        issue = Issue.objects.select_related("newsletter__sender").filter(pk=number).first()
        if issue is not None:
            return issue
    return None


def _numbers(mail: Mail) -> Iterator[int]:
    if found := OURS.fullmatch(mail.first("message-id")):
        yield int(found[1])
    proof = Letter.objects.filter(kind="proof", message_id=mail.first("message-id")).first()
    if proof is not None:
        yield int(proof.key.split(":")[1])
    kinds = {path: kind for kind, path in PATHS.items()}
    for found in _LINK.finditer(f"{mail.first('list-unsubscribe')} {mail.text}"):
        kind = kinds[found[1]]
        if kind in ("view", "unsubscribe"):
            try:
                named = read(kind, found[2])
                yield named[0] if kind == "view" else named[-1]
            except (Invalid, ValueError, IndexError):
                continue


def _held_against(mail: Mail, issue: Issue, lock: IssueLock) -> Iterator[Verdict]:
    """Hold the mail against every variant of one approval."""
    try:
        locked = opened(lock)
    except NewsletterError as error:
        yield Verdict(False, issue=issue.pk, newsletter=issue.newsletter.code, differs=(error.message,))
        return
    sound = faults(locked)
    approvals = issue.approvals.filter(seal=lock.seal).order_by("at")
    for rendering in locked.renderings:
        found = compare(mail, issue, locked, rendering)
        yield Verdict(
            verified=not (sound or found.differs),
            issue=issue.pk,
            newsletter=issue.newsletter.code,
            slot=issue.slot,
            variant=variant_number(rendering.variant),
            seal=lock.seal,
            seal_ok=not sound,
            approved_at=lock.at,
            approved_by=tuple(approvals.values_list("by", flat=True)),
            in_force=issue.seal == lock.seal,
            copy=found.copy,
            delivery=found.delivery,
            differs=(*sound, *found.differs),
            notes=tuple(found.notes),
        )
