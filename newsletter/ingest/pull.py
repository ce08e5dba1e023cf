"""Pull articles from where they are published: when due, once, politely, and never at the cost of what we have."""

from __future__ import annotations

import logging
import random
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from newsletter.errors import Conflict, NewsletterError, NotFound, Refused, Unavailable
from newsletter.ingest.apart import READ_SECONDS, Records, read_apart
from newsletter.ingest.fetch import Fetched, Limits, fetch
from newsletter.ingest.models import Source
from newsletter.ingest.payload import refused_whole
from newsletter.ingest.sources import SOURCES
from newsletter.ingest.store import IngestReport, store

log = logging.getLogger(__name__)
MOST_PAGES = 20
PULL_SECONDS = 100.0  # for all pages of a source together
LEASE = timedelta(minutes=20)  # longer than ten sources in a row take at their slowest
LONGEST_PAUSE = timedelta(days=1)
LONGEST_TAG, LONGEST_DATE = 500, 200


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull brought. ``outcome`` is stored, not_modified, partly or failed; ``trouble`` says why it failed.

    Of a source in several pages that fails at a later one, the pages before are stored: ``partly``.
    """

    source: str
    outcome: str
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    trouble: str = ""
    next_at: datetime | None = None
    quarantine: list[dict[str, str]] = field(default_factory=list)


def pull(code: str, *, now: datetime) -> Pulled:
    """Pull one source now, due or not; raises ``NotFound``, ``Refused`` for one without address, ``Conflict``."""
    source = Source.objects.filter(code__iexact=code).first()
    if source is None:
        known = ", ".join(Source.objects.values_list("code", flat=True)[:20]) or "none is loaded yet"
        raise NotFound(f"There is no source {code!r}.", where="source", fix=f"Known: {known}.")
    if not source.address:
        raise Refused(f"{source.code} has no address to pull from.", where=source.code, fix="Give it one in its file.")
    if not _lease(source, now):
        raise Conflict(f"{source.code} is being pulled.", where=source.code, fix="Wait for it to end.")
    return _pull(source, now)


def pull_due(*, now: datetime, most: int = 10) -> list[Pulled]:
    """Pull the sources whose time has come, the longest waiting first; one in trouble hurts no other.

    Two callers at once pull every source once.
    """
    due = Source.objects.filter(active=True, next_at__lte=now).exclude(address="").order_by("next_at", "pk")[:most]
    return [_pull(source, now) for source in due if _lease(source, now)]


def next_pause(interval: timedelta, failures: int, *, chance: float) -> timedelta:
    """Return how long to wait: the interval, doubled with every failure up to a day, give or take a tenth."""
    doubled: timedelta = interval * 2 ** min(failures, 12)
    return min(doubled, max(LONGEST_PAUSE, interval)) * (0.9 + 0.2 * chance)


def snapshot(source: Source) -> bytes:
    """Return the last good answer of a source, b"" when there is none."""
    return zlib.decompress(source.snapshot) if source.snapshot else b""


def _lease(source: Source, now: datetime) -> bool:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    still = Source.objects.filter(free, pk=source.pk, next_at=source.next_at)
    return bool(still.update(leased_until=now + LEASE, pulled_at=now))


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The first answer, the records of all pages, and what ended them early."""

    answer: Fetched
    records: Records
    trouble: NewsletterError | None = None


def _pull(source: Source, now: datetime) -> Pulled:
    try:
        gathered = _gathered(source)
        if gathered.answer.status == 304:
            return _done(source, Pulled(source.code, "not_modified"), now, good_at=now)
        report = IngestReport()
        store(gathered.records, source=source.code, form=source.form, now=now, report=report)
    except NewsletterError as error:
        return _failed(source, error, now)
    except Exception as error:  # one source in trouble must not stop the others
        log.exception("pull_broke source=%s", source.pk)
        return _failed(source, NewsletterError(f"It could not be read: {type(error).__name__}."), now)
    pulled = Pulled(
        source.code,
        "partly" if gathered.trouble else "stored",
        new=report.new,
        updated=report.updated,
        unchanged=report.unchanged,
        quarantined=len(report.quarantined),
        quarantine=report.quarantined,
        trouble=_told(gathered.trouble) if gathered.trouble else "",
    )
    return _done(source, pulled, now, **({} if gathered.trouble else _left_behind(gathered.answer, now)))


def _left_behind(answer: Fetched, now: datetime) -> dict[str, Any]:
    """Return what is kept of a good answer; a tag that cannot be sent back as it came is none."""
    told = {"etag": answer.headers.get("etag", ""), "last_modified": answer.headers.get("last-modified", "")}
    longest = {"etag": LONGEST_TAG, "last_modified": LONGEST_DATE}
    kept = {
        name: value if value.isascii() and value.isprintable() and len(value) <= longest[name] else ""
        for name, value in told.items()
    }
    return {"good_at": now, "snapshot": zlib.compress(answer.content, 6), **kept}


def _gathered(source: Source) -> _Gathered:
    """Return the records of all pages; raises what is wrong with the first one."""
    form: Any = SOURCES[source.form]
    until = time.monotonic() + PULL_SECONDS
    first: Fetched | None = None
    records: Records = []
    seen: set[str] = set()
    for number, address in enumerate(_addresses(form, source.address), start=1):
        try:
            answer, found = _page(source, address, until, conditional=first is None)
        except NewsletterError as error:
            if first is None:
                raise
            if error.code in ("http_400", "no_records"):
                break  # WordPress: there is no page of this number
            return _Gathered(first, records, error)
        if answer.status == 304:
            return _Gathered(answer, [])
        first, records = first or answer, records + found
        pages = answer.headers.get(getattr(form, "pages_header", ""), "")
        keys = {record.key for record in found}
        if number >= int(pages) if pages.isdecimal() and len(pages) < 10 else keys <= seen:
            break
        seen |= keys
    assert first is not None
    return _Gathered(first, records)


def _page(source: Source, address: str, until: float, *, conditional: bool) -> tuple[Fetched, Records]:
    """Return one answer and its records; raises ``Refused`` for an HTML page, an empty body, broken JSON."""
    answer = _fetched(source, address, until - time.monotonic(), conditional=conditional)
    if answer.status == 304:
        return answer, []
    records = read_apart(
        answer.content,
        form=source.form,
        key=source.code,
        url=answer.url,
        columns=source.mapping.get("columns"),
        seconds=max(min(READ_SECONDS, until - time.monotonic()), 1.0),
    )
    if whole := refused_whole(records):
        raise Refused(whole.message, code=whole.reason, where=source.address)
    return answer, records


def _addresses(form: Any, address: str) -> Iterator[str]:
    if not hasattr(form, "page_address"):
        yield address
        return
    yield from (form.page_address(address, number) for number in range(1, MOST_PAGES + 1))


def _fetched(source: Source, address: str, seconds: float, *, conditional: bool) -> Fetched:
    asked = {}
    if conditional and source.failures == 0 and source.good_at is not None:
        asked = {"if-none-match": source.etag, "if-modified-since": source.last_modified}
    given = {name: value for name, value in asked.items() if value}
    limits = Limits(seconds=min(Limits().seconds, seconds), allowed=settings.PULL_ALLOW)
    answer = fetch(address, headers=given, limits=limits)
    if answer.status == 304 and not given:
        raise Unavailable("It says that nothing changed, and was not asked.", code="http_304", where=source.address)
    return answer


def _failed(source: Source, error: NewsletterError, now: datetime) -> Pulled:
    log.warning("pull_failed source=%s code=%s failures=%s", source.pk, error.code, source.failures + 1)
    return _done(source, Pulled(source.code, "failed", trouble=_told(error)), now)


def _told(error: NewsletterError) -> str:
    return f"{error.message} {error.fix}".strip()[:500]


def _done(source: Source, pulled: Pulled, now: datetime, **told: Any) -> Pulled:
    """Write down how it went and when the next pull is due, and let go of the lease."""
    failures = source.failures + 1 if pulled.trouble else 0
    pause = next_pause(source.interval or timedelta(hours=1), failures, chance=random.random())  # noqa: S311 - jitter
    report = {name: value for name, value in asdict(pulled).items() if name not in ("quarantine", "next_at", "trouble")}
    Source.objects.filter(pk=source.pk).update(
        leased_until=None,
        failures=F("failures") + 1 if pulled.trouble else 0,
        trouble=pulled.trouble,
        report=report,
        next_at=now + pause,
        **told,
    )
    return Pulled(**{**asdict(pulled), "next_at": now + pause})
