"""Articles that a CMS pushes: through the same store as files, with what became of every one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.articles.identity import clean_address
from newsletter.errors import Invalid
from newsletter.ingest.keys import keys_of
from newsletter.ingest.moment import moment
from newsletter.ingest.read_object import read_object, text_in
from newsletter.ingest.shelf import Outcome
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources.page_export import read_page
from newsletter.ingest.store import IngestReport, store
from newsletter.ingest.tidy import safe
from newsletter.issues.withdraw import embargo, restore, withdraw

MOST = 500  # records in one request
NO_OBJECT = "Every article is an object with a title, or with a page."


def push(objects: Sequence[Any], *, source: str, by: str, now: datetime) -> dict[str, Any]:
    """Store ``objects`` and return {new, updated, unchanged, quarantined, articles: [{key, outcome, ...}]}.

    An object has the fields of ``read_object``, or ``page`` with the text of a page export; beside them ``withdrawn``
    (with ``withdrawn_reason``) and ``embargo_until``. What one record says wrong hurts no other.
    """
    if len(objects) > MOST:
        raise Invalid(f"{len(objects)} articles are too many at once.", where="articles", fix=f"Send at most {MOST}.")
    key_of = keys_of()
    named = [(_key(one, key_of), one) for one in objects]
    records = [_read(one, key, at) for at, (key, one) in enumerate(named, start=1)]
    report = IngestReport()
    with transaction.atomic():
        outcomes = {outcome.key: outcome for outcome in store(records, source=source, now=now, report=report)}
        followed = {key: _decide(one, outcomes.get(key), by=by, now=now) for key, one in named}
    refused = {row["file"]: row for row in report.quarantined}
    return {
        "new": report.new,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "quarantined": len(report.quarantined),
        "articles": [_told(key, outcomes.get(key), refused.get(key), followed[key]) for key, _ in named],
    }


def _key(value: Any, key_of: Any) -> str:
    told = value if isinstance(value, Mapping) else {}
    own = text_in(told.get("key")) or text_in(told.get("id"))
    return str(key_of(own, told if not told.get("page") else {"url": told.get("url"), "title": told["page"]}))


def _read(value: Any, key: str, at: int) -> IncomingArticle | RefusedRecord:
    place = f"article {at}"
    if not isinstance(value, Mapping):
        return RefusedRecord(key, "not_json", NO_OBJECT, place, str(value)[:1000], form="jsonl")
    if isinstance(value.get("page"), str):
        url = clean_address(text_in(value.get("url")))
        title = text_in(value.get("title"))
        return read_page(value["page"].encode("utf-8", "replace"), key=key, url=url, title=title)
    return read_object(value, key=key, url=text_in(value.get("url")))


def _decide(value: Any, outcome: Outcome | None, *, by: str, now: datetime) -> dict[str, Any]:
    """Carry out what the CMS says about the life of an article."""
    if outcome is None or not isinstance(value, Mapping):
        return {}
    if value.get("withdrawn") is True:
        reason = safe(text_in(value.get("withdrawn_reason")))
        followed = withdraw(outcome.article.pk, by=by, now=now, reason=reason)
        return {"withdrawn": True, "sent_in": list(followed.sent_in)}
    if value.get("withdrawn") is False and outcome.article.withdrawn_at is not None:
        restore(outcome.article.pk, now=now)
        return {"withdrawn": False}
    if "embargo_until" in value and value["embargo_until"] is None and outcome.article.embargo_until is not None:
        embargo(outcome.article.pk, None, by=by, now=now)
        return {}
    told = text_in(value.get("embargo_until"))
    until = moment(told).instant
    if told and until is None:
        return {"warnings": [f"embargo_until {told[:40]!r} is no time with an offset; it was left out."]}
    if until is not None and until != outcome.article.embargo_until:
        embargo(outcome.article.pk, until, by=by, now=now)
        return {"embargo_until": until.isoformat()}
    return {}


def _told(
    key: str, outcome: Outcome | None, refused: Mapping[str, str] | None, followed: Mapping[str, Any]
) -> dict[str, Any]:
    if outcome is None:
        why = refused or {}
        told = {name: why.get(name, "") for name in ("reason", "message", "position")}
        return {"key": key, "outcome": "quarantined", **told}
    change = {"major": outcome.major, "fields": outcome.differences} if outcome.word == "updated" else {}
    warnings = [odd["message"] for odd in outcome.article.warnings] + list(followed.get("warnings", ()))
    done: dict[str, Any] = {"key": key, "outcome": outcome.word, "article": outcome.article.pk, **change, **followed}
    return {**done, "warnings": warnings}
