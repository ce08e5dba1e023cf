"""An article is taken back, put back, or held until a moment: drafts follow, what was approved is opened again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from newsletter.articles.models import Article
from newsletter.errors import NotFound
from newsletter.issues.assemble import assemble
from newsletter.issues.edit import editing
from newsletter.issues.lifecycle import EDITABLE, UNSENT, State, move, record
from newsletter.issues.models import Issue, Pick


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What followed, as issue ids: drafts made anew, approvals taken back, and issues readers have already."""

    drafts: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()
    sent_in: tuple[int, ...] = ()


def withdraw(article_id: int, *, by: str, now: datetime, reason: str = "") -> Withdrawal:
    """Take an article back: no issue picks it any more, drafts lose it, and issues sent with it are warned.

    A second time changes nothing. Raises ``NotFound``.
    """
    with transaction.atomic():
        article = _locked(article_id)
        if article.withdrawn_at is not None:
            return Withdrawal(sent_in=_sent_in(article_id))
        article.withdrawn_at, article.withdrawn_reason, article.updated_at = now, reason[:300], now
        article.save(update_fields=["withdrawn_at", "withdrawn_reason", "updated_at"])
        return _follow(article_id, "withdrawn", by=by, now=now, reason=reason)


def restore(article_id: int, *, now: datetime) -> Withdrawal:
    """Put a withdrawn article back: it is available again from now on. Raises ``NotFound``."""
    with transaction.atomic():
        article = _locked(article_id)
        if article.withdrawn_at is None:
            return Withdrawal()
        article.withdrawn_at, article.withdrawn_reason, article.updated_at = None, "", now
        article.available_at = max(filter(None, (now, article.embargo_until)))
        article.save(update_fields=["withdrawn_at", "withdrawn_reason", "available_at", "updated_at"])
    return Withdrawal(sent_in=_sent_in(article_id))


def embargo(article_id: int, until: datetime | None, *, by: str, now: datetime) -> Withdrawal:
    """Hold an article until a moment, or with None let it go now; drafts of earlier slots lose it.

    It becomes available at the later of its first ingestion and the end of the embargo. Raises ``NotFound``.
    """
    with transaction.atomic():
        article = _locked(article_id)
        held = article.embargo_until is not None and article.embargo_until > now
        article.embargo_until, article.updated_at = until, now
        begun = article.renewed_at or article.first_ingested_at
        article.available_at = max(begun, until) if until else (now if held else article.available_at)
        article.save(update_fields=["embargo_until", "available_at", "updated_at"])
        return _follow(article_id, "embargoed", by=by, now=now) if until and until > now else Withdrawal()


def _locked(article_id: int) -> Article:
    article = Article.objects.select_for_update().filter(pk=article_id).first()
    if article is None:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
    return article


def _follow(article_id: int, what: str, *, by: str, now: datetime, reason: str = "") -> Withdrawal:
    drafts, reopened, sent = [], [], []
    detail = {"article": article_id, **({"reason": reason[:300]} if reason else {})}
    held = Issue.objects.filter(picks__article_id=article_id).exclude(picks__placement=Pick.Placement.DROPPED)
    for issue in held.filter(state__in=UNSENT | {State.SENT}).distinct().order_by("pk"):
        if issue.state == State.COOLING_OFF:
            issue = move(issue.pk, "pull_back", by=by, now=now, detail=detail)
        if issue.state == State.DRAFT:
            record(issue.pk, what, by=by, now=now, detail=detail)
            assemble(issue.pk, now=now)
            drafts.append(issue.pk)
        elif issue.state in EDITABLE:
            with editing(issue.pk, by=by, now=now, version=None, detail={what: article_id}):
                assemble(issue.pk, now=now)
            reopened.append(issue.pk)
        else:
            record(issue.pk, f"{what}_after_sending", by=by, now=now, detail=detail)
            sent.append(issue.pk)
    return Withdrawal(tuple(drafts), tuple(reopened), tuple(sent))


def _sent_in(article_id: int) -> tuple[int, ...]:
    picks = Pick.objects.filter(article_id=article_id).exclude(placement=Pick.Placement.DROPPED)
    states = [State.FREEZING, State.SENDING, State.PAUSED, State.SENT]
    return tuple(picks.filter(issue__state__in=states).order_by("issue_id").values_list("issue_id", flat=True))
