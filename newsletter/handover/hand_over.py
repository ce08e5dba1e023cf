"""Give an approved issue to another system as a draft: once, and the same draft again when it is repeated."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from newsletter.errors import Conflict, Invalid, NotFound, Refused
from newsletter.handover.draft import draft_for
from newsletter.handover.models import Handover
from newsletter.handover.system import Draft, Remote, System
from newsletter.handover.systems import SYSTEMS
from newsletter.issues.approve import check_seal
from newsletter.issues.lifecycle import State, find, record, state_words
from newsletter.issues.models import Issue
from newsletter.issues.queries import stored_renderings
from newsletter.issues.render import named_variant
from newsletter.issues.variant_number import variant_number

log = logging.getLogger(__name__)
FINISHED = frozenset((State.APPROVED, State.SCHEDULED, State.COOLING_OFF, *(State.FREEZING, State.SENDING), State.SENT))
LEASE = timedelta(minutes=5)


def hand_over(
    issue_id: int, system_name: str, *, by: str, now: datetime, audience: str = "", variant: str = ""
) -> Handover:
    """Return the handover of an approved issue, done; a second one updates the same draft.

    ``audience`` is the list of the system, default the one of the settings for this newsletter. Raises ``NotFound``,
    ``Refused`` (not approved, broken_seal, sent_there), ``Conflict``, and what the system says.
    """
    issue = find(issue_id)
    check_finished(issue)
    rendering = named_variant(list(stored_renderings(issue)), variant)
    system = _system(system_name)
    draft = draft_for(system, issue, rendering, audience=audience or audience_for(system_name, issue.newsletter.code))
    row, first = Handover.objects.get_or_create(
        issue=issue,
        variant=rendering.variant,
        system=system.name,
        defaults={"audience": draft.audience, "by": by, "begun_at": now},
    )
    _lease(row, now)
    try:
        remote = _drafted(system, row, draft, first=first)
        done = {"remote_id": remote.id, "address": remote.address, "content_hash": rendering.content_hash}
        Handover.objects.filter(pk=row.pk).update(**done, audience=draft.audience, by=by, done_at=now)
    finally:
        Handover.objects.filter(pk=row.pk).update(leased_until=None)
    detail = {"system": system.name, "draft": remote.id, "variant": variant_number(rendering.variant)}
    record(issue_id, "handed_over", by=by, now=now, detail=detail)
    log.info("issue_handed_over issue=%s system=%s", issue_id, system.name)
    row.refresh_from_db()
    return row


def check_finished(issue: Issue) -> None:
    """Raise ``Refused`` for an issue that nobody approved, or that differs from what was approved."""
    if issue.state not in FINISHED:
        raise Refused(
            f"Issue {issue.pk} is {state_words(issue.state)}; only an approved one leaves the house.",
            code="not_approved",
            where=f"issue {issue.pk}",
            fix="Approve it first.",
        )
    check_seal(issue)


def configured() -> list[str]:
    """Return the names of the systems whose settings are given."""
    return [name for name in SYSTEMS if _is_configured(name)]


def audience_for(system_name: str, code: str) -> str:
    """Return the list of a system that the settings name for a newsletter; raises ``Invalid`` without one."""
    lists: Mapping[str, str] = settings.HANDOVER_LISTS[system_name]
    found = lists.get(code.lower()) or lists.get("*")
    if not found:
        name = f"NEWSLETTER_{system_name.upper()}_LISTS"
        raise Invalid(f"No list of {system_name} belongs to {code}.", where=name, fix=f"Write {code}=LIST into {name}.")
    return found


def _drafted(system: System, row: Handover, draft: Draft, *, first: bool) -> Remote:
    """Return the one draft of ours, with this content: known, or found by its mark, or made now."""
    known = system.look(row.remote_id) if row.remote_id else None
    if known is None and not first:  # it was deleted there, or an attempt before broke off
        known = system.find(draft)
    if known is None:
        return system.create(draft)
    if not known.open:
        raise Refused(
            f"{system.name} has scheduled or sent draft {known.id} already.",
            code="sent_there",
            where=system.name,
            fix="Look at it there; a draft that was sent is not changed.",
        )
    return system.update(known, draft)


def _system(name: str) -> System:
    if name not in SYSTEMS:
        raise NotFound(f"There is no system {name!r}.", where="system", fix="One of: " + ", ".join(SYSTEMS) + ".")
    return SYSTEMS[name]()


def _is_configured(name: str) -> bool:
    try:
        SYSTEMS[name]()
    except Invalid:
        return False
    return True


def _lease(row: Handover, now: datetime) -> None:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    if not Handover.objects.filter(free, pk=row.pk).update(leased_until=now + LEASE):
        raise Conflict("It is being handed over.", where=f"issue {row.issue_id}", fix="Wait for it to end.")
