"""Reads of issues that need thought."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, Count, F, Q, QuerySet, When

from newsletter.issues.lifecycle import State
from newsletter.issues.models import HistoryEntry, Issue, IssueRendering, LeftOut, Pick

CLOSED = (State.CANCELLED, State.SKIPPED)
OPEN = (State.DRAFT, State.IN_REVIEW, State.CANCELLED, State.SKIPPED)  # what stands there was not sent


def newest(*, newsletter: str = "", after: str = "") -> QuerySet[Issue]:
    """Return issues, newest first, each with ``pick_count``; ``after`` is the number of the last one seen."""
    found = Issue.objects.select_related("newsletter").annotate(
        pick_count=Count("picks", filter=~Q(picks__placement=Pick.Placement.DROPPED))
    )
    if newsletter:
        found = found.filter(newsletter__code__iexact=newsletter)
    if after:
        found = found.filter(pk__lt=int(after))
    return found.order_by("-pk")


def history(issue: Issue, *, after: int = 0) -> QuerySet[HistoryEntry]:
    """Return what happened to an issue, oldest first, behind entry ``after``."""
    return HistoryEntry.objects.filter(issue=issue, pk__gt=after).order_by("pk")


def placed(issue: Issue) -> QuerySet[Pick]:
    """Return the picks that stand in the issue, in their order, with their articles."""
    return (
        Pick.objects.filter(issue=issue)
        .exclude(placement=Pick.Placement.DROPPED)
        .select_related("article__image")
        .order_by("section", "position", "pk")
    )


def stored_renderings(issue: Issue) -> QuerySet[IssueRendering]:
    """Return the renderings of an issue, one a variant; "" comes first."""
    return IssueRendering.objects.filter(issue=issue).order_by("variant")


def left_out(issue: Issue) -> QuerySet[LeftOut]:
    """Return the candidates that are not in the issue, with their articles: those no selector matched come last.

    Newest article first otherwise, so that what nearly got in is what an editor sees.
    """
    matched_nowhere = Case(When(reason="no_match", then=1), default=0)
    found = LeftOut.objects.filter(issue=issue).select_related("article")
    return found.order_by(matched_nowhere, "-article__published_on", "-article_id")


def sent_before(issue: Issue) -> set[int]:
    """Return the ids of articles that stand in another approved or sent issue of the same newsletter.

    An article that was renewed since the window of that issue closed is another one.
    """
    return set(
        Pick.objects.filter(issue__newsletter_id=issue.newsletter_id)
        .exclude(placement=Pick.Placement.DROPPED)
        .exclude(issue_id=issue.pk)
        .exclude(issue__state__in=OPEN)
        .exclude(article__renewed_at__gt=F("issue__window_to"))
        .values_list("article_id", flat=True)
    )


def needing_attention(now: datetime) -> QuerySet[Issue]:
    """Return issues that wait for a person: held, paused, in review, or drafts past their cut-off."""
    return (
        Issue.objects.select_related("newsletter")
        .filter(
            Q(state__in=[State.IN_REVIEW, State.PAUSED])
            | (Q(state__in=[State.DRAFT, State.APPROVED, State.SCHEDULED]) & ~Q(hold_reason=""))
            | Q(state=State.DRAFT, window_to__lte=now)
        )
        .order_by("slot", "pk")
    )
