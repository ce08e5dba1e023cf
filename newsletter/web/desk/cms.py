"""What comes in, at the desk: sources, refused records, the CMS doctor, and what the newsletters cover."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from newsletter.errors import NewsletterError, NotFound
from newsletter.ingest.doctor import counts_of_newest, findings, set_right, settle
from newsletter.ingest.fix import around, discard, fix, record_of, waiting
from newsletter.ingest.models import Source
from newsletter.ingest.pull import pull
from newsletter.ingest.remedy import remedy
from newsletter.issues.coverage import coverage as covered

PAGE_ROWS = 50
COUNTED = 2_000  # articles looked at for the doctor's numbers, so that its page stands at once
PERIODS = {"7": 7, "28": 28, "91": 91, "365": 365}  # days


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Where articles come from, and how the last pulls went."""
    page = Paginator(Source.objects.defer("snapshot"), PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "web/desk/sources.html", {"page": page})


@require_POST
def pull_now(request: HttpRequest, code: str) -> HttpResponse:
    """Pull one source at once."""

    def do() -> str:
        done = pull(code, now=timezone.now())
        if done.trouble:
            raise NewsletterError(done.trouble)
        return _("%(new)d new, %(updated)d updated, %(refused)d refused.") % {
            "new": done.new,
            "updated": done.updated,
            "refused": done.quarantined,
        }

    return _done(request, do, "desk:sources")


@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    """What was refused and why, newest first."""
    reason, source, after = _text(request, "reason"), _text(request, "source"), _text(request, "after")
    if after and not (after.isdecimal() and len(after) < 19):
        raise Http404
    found = waiting(reason=reason, source=source)
    found = found.filter(pk__lt=int(after)) if after else found  # an offset would read every text before it
    rows = [(one, remedy(one)) for one in found[: PAGE_ROWS + 1]]
    last = rows[PAGE_ROWS - 1][0].pk if len(rows) > PAGE_ROWS else None
    older = urlencode({"reason": reason, "source": source, "after": last}) if last else ""
    reasons = waiting().order_by().values_list("reason", flat=True).distinct()
    context = {"rows": rows[:PAGE_ROWS], "older": older, "reason": reason, "reasons": sorted(reasons)}
    return render(request, "web/desk/quarantine.html", context)


@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """One refused record: its text around the place, and what would set it right."""
    one = _found(pk)
    return render(request, "web/desk/record.html", {"record": one, "remedy": remedy(one), "lines": around(one)})


@require_POST
def fix_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a refused record again with what is given."""
    given = {name: request.POST.get(name, "").replace("\0", "") for name in ("url", "title", "text")}

    def do() -> str:
        report = fix(pk, **given, by=request.user.get_username(), now=timezone.now())
        if report.quarantined:
            raise NewsletterError(_("It is still refused: ") + report.quarantined[0]["message"])
        return _("It is in.")

    return _done(request, do, "desk:quarantine", back=("desk:record", pk))


@require_POST
def discard_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a refused record aside."""

    def do() -> str:
        discard(pk, by=request.user.get_username(), reason=_posted(request, "reason"), now=timezone.now())
        return _("Put aside.")

    return _done(request, do, "desk:quarantine", back=("desk:record", pk))


@require_safe
def doctor(request: HttpRequest) -> HttpResponse:
    """What is odd in the articles of a period, each with a suggestion and a way to set it right."""
    code, after = _text(request, "code"), _text(request, "after")
    days = PERIODS.get(request.GET.get("days", "91"), 91)
    since = timezone.now() - timedelta(days=days)
    try:
        found = findings(code=code, since=since, after=after, limit=PAGE_ROWS)
    except NewsletterError as error:
        raise Http404(error.message) from None
    numbers, whole = counts_of_newest(COUNTED, since=since)
    told = {name: number for name, number in numbers.items() if number}
    older = urlencode({"code": code, "days": days, "after": found.next}) if found.next else ""
    shown = {"rows": found.rows, "code": code, "counts": told, "whole": whole, "older": older}
    context = {**shown, "days": days, "periods": PERIODS.values()}
    return render(request, "web/desk/doctor.html", context)


@require_POST
def set_field(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the field of an article right; it survives the next import."""
    lines = _posted(request, "value").splitlines()

    def do() -> str:
        set_right(pk, _posted(request, "field"), lines, by=request.user.get_username(), now=timezone.now())
        return _("Set right.")

    return _done(request, do, "desk:doctor")


@require_POST
def settle_oddity(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that an oddity is right as it is."""

    def do() -> str:
        code, value = _posted(request, "code"), _posted(request, "value")
        settle(pk, code, value, by=request.user.get_username(), now=timezone.now())
        return _("Noted as right.")

    return _done(request, do, "desk:doctor")


@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """What the newsletters cover in a period, and what they leave."""
    days = PERIODS.get(request.GET.get("days", "28"), 28)
    now = timezone.now()
    until = _moment(_text(request, "until")) or now
    try:
        told = covered(since=until - timedelta(days=days), until=until, now=now, after=_text(request, "after"))
    except (NewsletterError, OverflowError) as error:
        raise Http404 from error
    older = urlencode({"days": days, "until": until.isoformat(), "after": told["next"]}) if told["next"] else ""
    return render(
        request, "web/desk/coverage.html", {**told, "days": days, "periods": PERIODS.values(), "older": older}
    )


def _done(
    request: HttpRequest, do: Callable[[], str], then: str, *, back: tuple[str, Any] | None = None
) -> HttpResponse:
    """Do it, say what came of it, and go on; in trouble go back to where it was asked."""
    try:
        messages.success(request, do())
    except NotFound as error:
        raise Http404(error.message) from None
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
        if back is not None:
            return redirect(back[0], pk=back[1])
    return redirect(then)


def _found(pk: int) -> Any:
    try:
        return record_of(pk)
    except NotFound as error:
        raise Http404(error.message) from None


def _moment(text: str) -> datetime | None:
    """Return a time with an offset, None for none; anything else is no address of ours."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Http404 from None
    if moment is not None and moment.tzinfo is None:
        raise Http404
    return moment


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()


def _posted(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "")
