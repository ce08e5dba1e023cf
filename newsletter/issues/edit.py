"""What an editor may do to an issue: pin, drop, move, reword. Every edit breaks the seal and is in the history."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from newsletter.articles.models import Article
from newsletter.errors import Invalid, NotFound, Refused
from newsletter.issues.assemble import assemble
from newsletter.issues.lifecycle import find, move
from newsletter.issues.models import Approval, Issue, Pick
from newsletter.issues.section import section_index

ISSUE_FIELDS = {"subject": 300, "preheader": 300, "note": 5000}  # field -> the most characters
PICK_FIELDS = {
    **{"headline": 300, "teaser": 1200, "link_text": 80, "image_alt": 300, "quote": 400, "quoted": 120},
    **{"event_starts": 40, "event_ends": 40, "event_place": 200},
}
INSTANTS = ("event_starts", "event_ends")  # ISO 8601 with an offset


def pin(
    issue_id: int,
    article_id: int,
    *,
    section: str = "",
    position: int | None = None,
    by: str,
    now: datetime,
    version: int | None = None,
) -> Issue:
    """Put an article into a section (its title or number, default the first) and keep it there.

    ``position`` counts from 1; None puts it behind the last pinned article.
    """
    with editing(issue_id, by=by, now=now, version=version, detail={"pin": article_id}) as issue:
        index = _index(issue, section)
        pick = _pick_or_new(issue, article_id)
        if not pick.article.url:
            raise Refused(
                f"Article {article_id} has no address to send readers to.",
                code="no_link",
                where="article",
                fix="Give its address in the URL map and ingest it again.",
            )
        _place(pick, index, position)
        assemble(issue_id, now=now)
    return find(issue_id)


def drop(issue_id: int, article_id: int, *, by: str, now: datetime, version: int | None = None) -> Issue:
    """Keep an article out of this issue; the next candidate takes its place."""
    with editing(issue_id, by=by, now=now, version=version, detail={"drop": article_id}) as issue:
        pick = _pick_or_new(issue, article_id)
        pick.placement = Pick.Placement.DROPPED
        pick.reason = {"code": "dropped", "by": by}
        pick.save()
        assemble(issue_id, now=now)
    return find(issue_id)


def move_pick(
    issue_id: int,
    article_id: int,
    *,
    section: str = "",
    position: int,
    by: str,
    now: datetime,
    version: int | None = None,
) -> Issue:
    """Move an article to a place (counted from 1) in its own or another section; what was moved stays pinned."""
    with editing(issue_id, by=by, now=now, version=version, detail={"move": article_id}) as issue:
        pick = picked(issue, article_id)
        _place(pick, _index(issue, section) if section else pick.section, position)
        assemble(issue_id, now=now)
    return find(issue_id)


def reword(
    issue_id: int,
    field: str,
    value: str,
    *,
    article_id: int | None = None,
    by: str,
    now: datetime,
    version: int | None = None,
) -> Issue:
    """Set the subject, preheader or note of an issue, or the words of one article (``PICK_FIELDS``).

    An empty ``value`` goes back to the words of the template or the article. A reworded article stays pinned.
    """
    words = _checked(field, value, PICK_FIELDS if article_id else ISSUE_FIELDS)
    detail = {"set": field, "article": article_id} if article_id else {"set": field}
    with editing(issue_id, by=by, now=now, version=version, detail=detail) as issue:
        if article_id is None:
            Issue.objects.filter(pk=issue_id).update(**{field: words})
        else:
            _override(picked(issue, article_id), field, words)
    return find(issue_id)


def _index(issue: Issue, section: str) -> int:
    return section_index(section, [str(part["title"]) for part in issue.sections])


@contextmanager
def editing(issue_id: int, *, by: str, now: datetime, version: int | None, detail: dict[str, Any]) -> Iterator[Issue]:
    """Hold the issue for one edit: state and version are compared, the seal and its approvals are broken."""
    with transaction.atomic():
        issue = move(issue_id, "edit", by=by, now=now, version=version, detail=detail, seal="", send_at=None)
        Issue.objects.filter(pk=issue_id).update(version=F("version") + 1)
        Approval.objects.filter(issue_id=issue_id, broken_at=None).update(broken_at=now)
        yield issue


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def picked(issue: Issue, article_id: int) -> Pick:
    pick = Pick.objects.filter(issue=issue, article_id=article_id).exclude(placement=Pick.Placement.DROPPED).first()
    if pick is None:
        raise NotFound(
            f"Article {article_id} is not in issue {issue.pk}.",
            where="article",
            fix="Pin it into a section first.",
        )
    return pick


def _pick_or_new(issue: Issue, article_id: int) -> Pick:
    if not Article.objects.filter(pk=article_id).exists():
        raise NotFound(f"There is no article {article_id}.", where="article", fix="List the articles to see them.")
    return Pick.objects.filter(issue=issue, article_id=article_id).first() or Pick(
        issue=issue, article_id=article_id, section=0, position=0
    )


def _place(pick: Pick, section: int, position: int | None) -> None:
    """Pin ``pick`` at a place and number the section anew, so that positions stay 0, 1, 2, ..."""
    others = list(
        Pick.objects.filter(issue=pick.issue, section=section)
        .exclude(placement=Pick.Placement.DROPPED)
        .exclude(pk=pick.pk)
        .order_by("position", "pk")
    )
    pinned = sum(other.placement == Pick.Placement.PINNED for other in others)
    place = pinned if position is None else min(max(position - 1, 0), len(others))
    pick.placement, pick.section, pick.position = Pick.Placement.PINNED, section, place
    pick.reason = {"code": "pinned"}
    pick.save()
    for number, other in enumerate([*others[:place], pick, *others[place:]]):
        Pick.objects.filter(pk=other.pk).exclude(position=number).update(position=number)


def _override(pick: Pick, field: str, words: str) -> None:
    kept = {key: value for key, value in pick.overrides.items() if key != field}
    pick.overrides = {**kept, field: words} if words else kept
    pick.placement = Pick.Placement.PINNED
    pick.save()


def _checked(field: str, value: str, allowed: dict[str, int]) -> str:
    if field not in allowed:
        raise Invalid(f"{field!r} cannot be set.", where="field", fix="One of: " + ", ".join(allowed))
    words = unicodedata.normalize("NFC", value).strip()
    if field != "note" and any(unicodedata.category(sign) == "Cc" for sign in words):
        raise Invalid(f"The {field} holds a line break or control character.", where=field, fix="Use one line of text.")
    if field in INSTANTS and words and not _is_instant(words):
        raise Invalid(f"{words!r} is no time with an offset.", where=field, fix="Write it like 2026-12-03T18:00-05:00.")
    if len(words) > allowed[field]:
        raise Invalid(
            f"The {field} has {len(words)} characters.",
            where=field,
            fix=f"Use at most {allowed[field]} characters.",
        )
    return words
