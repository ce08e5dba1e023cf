"""What the calendar wants at an instant: drafts to open, drafts to refresh, issues to seal, hold or send."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models.functions import Coalesce

from newsletter.articles.models import Article
from newsletter.catalogue.cadence import slots
from newsletter.catalogue.models import Newsletter
from newsletter.errors import Conflict, NewsletterError
from newsletter.issues.approve import approve
from newsletter.issues.assemble import assemble
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import State, move
from newsletter.issues.models import Issue
from newsletter.issues.overrule import SYSTEM
from newsletter.issues.shortfalls import shortfalls

log = logging.getLogger(__name__)
LOOK_BACK = timedelta(days=7)  # a slot missed longer ago is not opened any more


@dataclass(slots=True)
class Turn:
    """What one turn of the clock did, as issue ids; ``due`` are the issues to send now."""

    drafted: list[int] = field(default_factory=list)
    refreshed: list[int] = field(default_factory=list)
    approved: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)


def turn(now: datetime) -> Turn:
    """Do what is due at ``now`` and return it. Two turns at once do everything once."""
    done = Turn()
    for newsletter in Newsletter.objects.filter(active=True).select_related("sender"):
        try:
            _open_drafts(newsletter, now, done)
        except NewsletterError as error:  # one title in trouble does not stop the others
            log.warning("draft_failed newsletter=%s code=%s", newsletter.pk, error.code)
    unapproved = Issue.objects.filter(state__in=[State.DRAFT, State.IN_REVIEW], kind=Issue.Kind.REGULAR)
    for issue in unapproved.select_related("newsletter"):
        try:
            _tend(issue, now, done)
        except Conflict:  # another clock, or a person, was faster
            continue
        except NewsletterError as error:
            _hold(issue, error.message, done)
    _collect_due(now, done)
    return done


def _open_drafts(newsletter: Newsletter, now: datetime, done: Turn) -> None:
    """Open the next issue when its drafting time has come, and the newest missed slot after an absence."""
    if not (newsletter.weekdays or newsletter.cron):
        return
    start = max(now - LOOK_BACK, newsletter.created_at)
    ripe = []
    for slot in slots(newsletter, after=start, count=32):
        if slot.draft_at > now:
            break
        ripe.append(slot)
    to_come = [slot for slot in ripe if slot.at > now]
    missed = [slot for slot in ripe if slot.at <= now][-1:]
    opened = set(
        Issue.objects.filter(newsletter=newsletter, slot__in=[slot.at for slot in ripe]).values_list("slot", flat=True)
    )
    for slot in missed + to_come:
        if slot.at not in opened:
            done.drafted.append(draft(newsletter, at=slot.at, now=now, by=SYSTEM).pk)


def _tend(issue: Issue, now: datetime, done: Turn) -> None:
    """Refresh an open draft with what came in; after its cut-off seal it, skip it, or say why it is held."""
    if issue.state == State.IN_REVIEW:
        if issue.slot is not None and issue.slot <= now:
            _hold(issue, "not approved", done)
        return
    if _has_news(issue, now):
        assemble(issue.pk, now=now)
        done.refreshed.append(issue.pk)
    if now < issue.window_to:
        return
    newsletter = issue.newsletter
    lacking = {shortfall.code for shortfall in shortfalls(issue)}
    thin = bool(lacking & {"thin", "empty"})
    if thin and newsletter.thin == Newsletter.Thin.SKIP:
        move(issue.pk, "skip", by=SYSTEM, now=now, detail={"reason": "thin"})
        done.skipped.append(issue.pk)
    elif thin and newsletter.thin == Newsletter.Thin.HOLD:
        _hold(issue, "thin", done)
    elif "stale" in lacking:
        _hold(issue, "stale", done)
    elif newsletter.approval == Newsletter.Approval.AUTOMATIC:
        _seal(issue, now, done)
    elif issue.slot is not None and issue.slot <= now:
        _hold(issue, "not approved", done)


def _has_news(issue: Issue, now: datetime) -> bool:
    if issue.assembled_at is None:
        return True
    closing = issue.assembled_at < issue.window_to <= now
    return closing or (now < issue.window_to and Article.objects.filter(updated_at__gt=issue.assembled_at).exists())


def _seal(issue: Issue, now: datetime, done: Turn) -> None:
    approve(issue.pk, by=SYSTEM, now=now)
    done.approved.append(issue.pk)


def _hold(issue: Issue, reason: str, done: Turn) -> None:
    if hold(issue, reason):
        done.held.append(issue.pk)


def hold(issue: Issue, reason: str) -> bool:
    """Flag an issue with the reason why it does not go on, unless it moved on meanwhile; returns whether it is new."""
    still = Issue.objects.filter(pk=issue.pk, state=issue.state).exclude(hold_reason=reason[:300])
    held = bool(still.update(hold_reason=reason[:300]))
    if held:
        log.warning("issue_held issue=%s state=%s", issue.pk, issue.state)
    return held


def _collect_due(now: datetime, done: Turn) -> None:
    """Find what leaves now: scheduled issues at their time, approved ones at their slot; later than allowed asks."""
    ready = (
        Issue.objects.filter(state__in=[State.APPROVED, State.SCHEDULED], hold_reason="")
        .annotate(leaves_at=Coalesce("send_at", "slot"))
        .filter(leaves_at__lte=now)
        .select_related("newsletter")
        .order_by("leaves_at", "pk")
    )
    for issue in ready.exclude(state=State.APPROVED, kind=Issue.Kind.SPECIAL):
        if now - issue.leaves_at > issue.newsletter.late:
            _hold(issue, "late", done)
        else:
            done.due.append(issue.pk)
