"""Open the correction of an issue: it goes to those who got that issue, or one article in it, and to nobody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.articles.models import Article
from newsletter.errors import NotFound, Refused
from newsletter.issues.assemble import assemble
from newsletter.issues.lifecycle import State, find, record
from newsletter.issues.models import Issue, IssueRendering, Pick
from newsletter.rendering.words import words

WENT_OUT = (State.SENDING, State.PAUSED, State.SENT, State.CANCELLED)
OPEN = (State.DRAFT, State.IN_REVIEW, State.APPROVED, State.SCHEDULED, State.COOLING_OFF)


def correct(issue_id: int, *, article_id: int | None = None, by: str, now: datetime) -> Issue:
    """Return the open correction of an issue (and article), a new draft when there is none.

    The named article is pinned into it; what is to be said stands in its note. Raises ``Refused`` for an issue that
    nobody can have got, ``NotFound`` for an article that no copy of it held.
    """
    with transaction.atomic():
        first = Issue.objects.select_for_update(of=("self",)).filter(pk=issue_id).first() or find(issue_id)
        _check(first, article_id)
        open_one = Issue.objects.filter(corrects=first, corrected_article_id=article_id, state__in=OPEN).first()
        correction = open_one or _open(first, article_id, by=by, now=now)
    return find(correction.pk)


def _check(first: Issue, article_id: int | None) -> None:
    if first.state not in WENT_OUT or first.frozen_at is None:
        raise Refused(
            f"Issue {first.pk} did not go out; nobody needs a correction of it.",
            code="not_sent",
            where=f"issue {first.pk}",
            fix="Edit the issue itself.",
        )
    if article_id is None:
        return
    if not IssueRendering.objects.filter(issue=first, articles__contains=[article_id]).exists():
        raise NotFound(
            f"Article {article_id} stood in no copy of issue {first.pk}.",
            where="article",
            fix="Name an article of that issue, or none for all who got it.",
        )


def _open(first: Issue, article_id: int | None, *, by: str, now: datetime) -> Issue:
    newsletter = first.newsletter
    correction = Issue.objects.create(
        newsletter=newsletter,
        kind=Issue.Kind.CORRECTION,
        corrects=first,
        corrected_article_id=article_id,
        window_from=now,
        window_to=now,
        subject=f"{words(newsletter.language)['correction']}: {newsletter.title}"[:300],
        created_at=now,
        updated_at=now,
    )
    detail: dict[str, Any] = {"corrects": first.pk} | ({"article": article_id} if article_id else {})
    record(correction.pk, "draft", by=by, now=now, detail=detail)
    record(first.pk, "correct", by=by, now=now, detail={"correction": correction.pk})
    if article_id is not None and Article.objects.filter(pk=article_id, withdrawn_at=None).exists():
        Pick.objects.create(
            issue=correction,
            article_id=article_id,
            placement=Pick.Placement.PINNED,
            section=0,
            position=0,
            reason={"code": "pinned"},
        )
    assemble(correction.pk, now=now)
    return correction
