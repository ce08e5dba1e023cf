"""Pages behind the links in mail. Opening one changes nothing; only a button's POST does (or a mail program's)."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from newsletter.catalogue.models import Newsletter
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.writer import dead_text
from newsletter.errors import Invalid
from newsletter.expressions.fold import fold
from newsletter.issues.lifecycle import State
from newsletter.issues.models import IssueRendering
from newsletter.links.addresses import DEAD
from newsletter.links.sign import read
from newsletter.readers.mark import choose
from newsletter.readers.models import Reader, Subscription
from newsletter.readers.unsubscribe import unsubscribe as leave
from newsletter.rendering.words import LANGUAGES
from newsletter.web.headers import MAIL

SHOWN = (State.FREEZING, State.SENDING, State.PAUSED, State.SENT)
STOPPED = Q(issue__state=State.CANCELLED, issue__frozen_at__isnull=False)  # some readers may have it


@csrf_exempt  # RFC 8058: a mail program posts without cookie or token; the signed link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button; on POST end the subscription the link names. Doing it again answers the same."""
    if token == DEAD:
        return _dead(request)
    try:
        reader_id, newsletter_id, issue_id = read("unsubscribe", token)
    except (Invalid, ValueError):
        return _broken(request)
    newsletter = Newsletter.objects.filter(pk=newsletter_id).first()
    left = request.method == "POST"
    if left and newsletter is not None:
        evidence = {"issue": issue_id, "one_click": "List-Unsubscribe" in request.POST}
        leave(reader_id, newsletter_id, by="reader", now=database_now(), evidence=evidence)
    return render(request, "web/public/unsubscribe.html", {"newsletter": newsletter, "left": left})


@csrf_exempt  # the signed link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a reader gets and chose; on POST keep the choices and end the subscriptions that are not ticked."""
    if token == DEAD:
        return _dead(request)
    try:
        reader_id, _ = read("preferences", token)
    except (Invalid, ValueError):
        return _broken(request)
    reader = Reader.objects.filter(pk=reader_id, erased_at=None).first()
    if reader is None:
        return _broken(request)
    held = (
        Subscription.objects.filter(reader=reader).exclude(state=Subscription.State.LEFT).select_related("newsletter")
    )
    if request.method == "POST":
        _keep_choices(request, reader, [held_one.newsletter for held_one in held])
        kept = set(request.POST.getlist("keep"))
        for subscription in held:
            if subscription.newsletter.code not in kept:
                leave(
                    reader.pk,
                    subscription.newsletter_id,
                    by="reader",
                    now=database_now(),
                    evidence={"form": "preferences"},
                )
    subscriptions = list(held.all().order_by("newsletter__title"))
    reader.refresh_from_db()
    titles = [one.newsletter for one in subscriptions]
    context = {
        "subscriptions": subscriptions,
        "saved": request.method == "POST",
        "language": reader.language,
        "languages": _languages(reader, titles),
        "interests": [(tag, fold(tag) in reader.tags) for tag in _offered(titles)],
    }
    return render(request, "web/public/preferences.html", context)


def _keep_choices(request: HttpRequest, reader: Reader, titles: list[Newsletter]) -> None:
    """Keep language and interests where the form asked for them, as the page does and a bare POST does not."""
    if "language" not in request.POST:
        return
    language = request.POST["language"]
    if language in _languages(reader, titles):
        choose(reader.pk, language=language, ticked=request.POST.getlist("interest"), offered=_offered(titles))


def _languages(reader: Reader, titles: list[Newsletter]) -> list[str]:
    return sorted({"", reader.language, *LANGUAGES, *(title.language for title in titles)})


def _offered(titles: list[Newsletter]) -> list[str]:
    return list(dict.fromkeys(tag for title in titles for tag in title.interests))


@require_safe
def view(request: HttpRequest, token: str) -> HttpResponse:
    """Show a sent issue as it went out, without anything personal."""
    if token == DEAD:
        return _dead(request)
    try:
        issue_id, number = (*read("view", token), 1)[:2]
    except (Invalid, ValueError):
        return _broken(request)
    variant = str(number) if number > 1 else ""
    went = Q(issue__state__in=SHOWN) | STOPPED
    stored = IssueRendering.objects.filter(went, issue_id=issue_id, variant=variant).first()
    if stored is None:
        return _broken(request)
    response = HttpResponse(dead_text(stored.html, stored.nonce))
    response.headers["Content-Security-Policy"] = MAIL.replace("frame-ancestors 'self'", "frame-ancestors 'none'")
    return response


def _dead(request: HttpRequest) -> HttpResponse:
    return render(request, "web/public/message.html", {"kind": "dead"})


def _broken(request: HttpRequest) -> HttpResponse:
    return render(request, "web/public/message.html", {"kind": "broken"}, status=404)
