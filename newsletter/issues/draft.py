"""Open the issue of a slot: once, whoever asks and however often."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from newsletter.catalogue.cadence import next_slot, previous_slot
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Conflict
from newsletter.issues.assemble import assemble
from newsletter.issues.lifecycle import State, find, record
from newsletter.issues.models import Issue


@dataclass(frozen=True, slots=True)
class Plan:
    """When an issue goes out, which instant closes its window, and what kind it is."""

    at: datetime
    window_to: datetime
    kind: Issue.Kind


def draft(newsletter: Newsletter, *, at: datetime | None = None, now: datetime, by: str) -> Issue:
    """Return the issue of the slot at ``at``, created when it is not there yet, and assembled while it is a draft.

    Without ``at`` it is the first slot whose cut-off still lies ahead. An ``at`` that is no slot of the cadence
    opens a special issue whose window closes at that instant.
    """
    plan = _plan(newsletter, at, now)
    issue, opened = Issue.objects.get_or_create(
        newsletter=newsletter,
        slot=plan.at,
        defaults={
            "kind": plan.kind,
            "window_from": _window_from(newsletter, plan.window_to),
            "window_to": plan.window_to,
            "created_at": now,
            "updated_at": now,
        },
    )
    if opened:
        record(issue.pk, "draft", by=by, now=now)
    with suppress(Conflict):  # it is no draft any more
        assemble(issue.pk, now=now)
    return find(issue.pk)


def plan_issue(newsletter: Newsletter, *, now: datetime) -> Issue:
    """Return the issue of the next open slot: the stored one, or one that is not stored."""
    plan = _plan(newsletter, None, now)
    stored = Issue.objects.select_related("newsletter__sender").filter(newsletter=newsletter, slot=plan.at).first()
    return stored or Issue(
        newsletter=newsletter,
        slot=plan.at,
        kind=plan.kind,
        window_from=_window_from(newsletter, plan.window_to),
        window_to=plan.window_to,
    )


def _plan(newsletter: Newsletter, at: datetime | None, now: datetime) -> Plan:
    if at is None:
        slot = next_slot(newsletter, after=now + newsletter.cut_off)
        return Plan(slot.at, slot.cut_off_at, Issue.Kind.REGULAR)
    slot_before = previous_slot(newsletter, before=next_slot(newsletter, after=at).at)
    if slot_before is not None and slot_before.at == at:
        return Plan(at, slot_before.cut_off_at, Issue.Kind.REGULAR)
    return Plan(at, at, Issue.Kind.SPECIAL)


def _window_from(newsletter: Newsletter, window_to: datetime) -> datetime | None:
    """Return where the issue before this one stopped looking; the first issue of a newsletter has no lower bound.

    A slot that was cancelled or skipped passes its articles on, so that none is lost between two windows.
    """
    before = (
        Issue.objects.filter(newsletter=newsletter, kind=Issue.Kind.REGULAR, window_to__lt=window_to)
        .exclude(state__in=[State.CANCELLED, State.SKIPPED])
        .order_by("-window_to")
        .first()
    )
    return before.window_to if before else None
