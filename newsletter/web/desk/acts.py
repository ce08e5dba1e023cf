"""What people do to an issue: each act parses its form, calls one verb and goes back to the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from newsletter.catalogue.durations import duration
from newsletter.catalogue.models import Newsletter
from newsletter.delivery import control
from newsletter.delivery.corrected import told_of_corrected
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.extend import extend
from newsletter.delivery.proof import proof as mail_proof
from newsletter.delivery.resend import resend
from newsletter.errors import Conflict, Invalid, NewsletterError
from newsletter.handover.hand_over import hand_over
from newsletter.issues import edit
from newsletter.issues.approve import approve as approve_issue
from newsletter.issues.correct import correct
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import find, move
from newsletter.issues.look_up import look_up
from newsletter.issues.schedule import schedule as schedule_issue
from newsletter.issues.show_to import show_to
from newsletter.issues.variant_number import EVERYBODY
from newsletter.readers.address import normalise

COOL_OFF = timedelta(minutes=10)
OVERRIDE = "override-"  # and a rule: the field that holds why it is overruled
Verb = Callable[[HttpRequest, int, dict[str, Any]], str]


def _act(verb: Verb) -> Callable[..., HttpResponse]:
    """Wrap a verb: POST only, the version that was looked at, a conflict page, a message, back to the variant."""

    @require_POST
    def act(request: HttpRequest, pk: int) -> HttpResponse:
        who = {"by": request.user.get_username(), "now": database_now(), "version": _version(request)}
        try:
            messages.success(request, verb(request, pk, who))
        except Conflict as conflict:
            told = {"error": conflict, "pk": pk, "variant": _variant(request)}
            return render(request, "web/desk/conflict.html", told, status=409)
        except NewsletterError as error:
            messages.error(request, f"{error.message} {error.fix}".strip())
        variant = _variant(request)
        return redirect(reverse("desk:issue", args=[pk]) + (f"?variant={variant}" if variant else ""))

    return act


@require_POST
def draft_next(request: HttpRequest, code: str) -> HttpResponse:
    """Open the next issue of a newsletter and go to it."""
    newsletter = get_object_or_404(Newsletter.objects.select_related("sender"), code=code)
    try:
        issue = draft(newsletter, now=database_now(), by=request.user.get_username())
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
        return redirect("desk:newsletter", code=code)
    return redirect("desk:issue", pk=issue.pk)


def _pin(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    edit.pin(pk, _number(request, "article"), section=request.POST.get("section", ""), position=_place(request), **who)
    return _("Pinned.")


def _drop(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    edit.drop(pk, _number(request, "article"), **who)
    return _("Dropped. The next candidate took its place.")


def _move(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    section = request.POST.get("section", "")
    edit.move_pick(pk, _number(request, "article"), section=section, position=_place(request) or 1, **who)
    return _("Moved.")


def _reword(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    article = _number(request, "article") if request.POST.get("article") else None
    fields = edit.PICK_FIELDS if article else edit.ISSUE_FIELDS
    given = {name: request.POST[name] for name in fields if name in request.POST}
    for name, value in given.items():
        issue = edit.reword(pk, name, value.replace("\r\n", "\n"), article_id=article, **who)
        who = {**who, "version": issue.version}
    return _("Saved.")


def _show_to(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    article = _number(request, "article") if request.POST.get("article") else None
    section = request.POST.get("section", "")
    show_to(pk, request.POST.get("group", ""), article_id=article, section=section, **who)
    return _("Saved.")


def _proof(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    to = normalise(request.POST.get("to", "") or getattr(request.user, "email", ""))
    mail_proof(pk, to=to, variant=request.POST.get("variant", ""), by=who["by"], now=who["now"])
    return _("A proof is on its way.")


def _submit(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    move(pk, "submit", **who)
    return _("Submitted for review.")


def _request_changes(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    move(pk, "request_changes", detail={"comment": request.POST.get("comment", "")[:1000]}, **who)
    return _("Sent back for changes.")


def _approve(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    reasons = {
        name.removeprefix(OVERRIDE): str(reason)
        for name, reason in request.POST.items()
        if name.startswith(OVERRIDE) and str(reason).strip()
    }
    approve_issue(pk, user=request.user, overrides=reasons, **who)  # type: ignore[arg-type]  # policy lets only users in
    return _("Approved.")


def _look_up(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    look_up(pk, by=who["by"], now=who["now"])
    return _("Every link and image was looked up; what was found stands under Proofreading.")


def _schedule(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    zone = ZoneInfo(find(pk).newsletter.zone)
    try:
        at = datetime.fromisoformat(request.POST.get("at", "")).replace(tzinfo=zone)
    except ValueError:
        raise Invalid(_("This is no date and time."), where="at", fix=_("Choose one.")) from None
    schedule_issue(pk, at=at, **who)
    return _("Scheduled.")


def _send(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    expires = duration(request.POST["expires"], where="expires") if request.POST.get("expires") else None
    spread = duration(request.POST["spread"], where="spread") if request.POST.get("spread") else None
    cool_off = COOL_OFF if request.POST.get("cool_off") else None
    issue = control.send(pk, cool_off=cool_off, expires=expires, spread=spread, **who)
    words = _("It leaves in ten minutes. You can pull it back.") if cool_off else _("On its way.")
    return f"{words} {told_of_corrected(issue)}".strip()


def _simple(verb: Callable[..., Any], words: str) -> Verb:
    def run(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
        verb(pk, by=who["by"], now=who["now"])
        return words

    return run


def _resend(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    number = resend(pk, by=who["by"], now=who["now"])
    return _("%(number)s in doubt go out again.") % {"number": number}


def _extend(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    number = extend(pk, by=who["by"], now=who["now"])
    return _("%(number)s readers added since get it too.") % {"number": number}


@require_POST
def correct_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the correction of an issue and go to it."""
    try:
        article = _number(request, "article") if request.POST.get("article") else None
        correction = correct(pk, article_id=article, by=request.user.get_username(), now=database_now())
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
        return redirect("desk:issue", pk=pk)
    return redirect("desk:issue", pk=correction.pk)


def _pause(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    control.pause(pk, by=who["by"], now=who["now"], reason=request.POST.get("reason", "") or _("asked for"))
    return _("Paused.")


def _hand_over(request: HttpRequest, pk: int, who: dict[str, Any]) -> str:
    system, variant = request.POST.get("system", ""), request.POST.get("variant", "")
    done = hand_over(pk, system, variant=variant, by=who["by"], now=who["now"])
    return _("%(system)s has it as draft %(draft)s.") % {"system": system, "draft": done.remote_id}


def _number(request: HttpRequest, name: str) -> int:
    value = request.POST.get(name, "")
    if not value.isdecimal():
        raise Invalid(_("A number is missing."), where=name, fix=_("Choose an article."))
    return int(value)


def _variant(request: HttpRequest) -> str:
    """Return the number of the variant that was looked at; "" for the one everybody may see."""
    value = request.POST.get("variant", "")[:2]
    return value if value.isdecimal() and value != EVERYBODY else ""


def _place(request: HttpRequest) -> int | None:
    return _number(request, "position") if request.POST.get("position") else None


def _version(request: HttpRequest) -> int | None:
    value = request.POST.get("version", "")
    return int(value) if value.isdecimal() else None


ACTS: dict[str, Callable[..., HttpResponse]] = {
    "pin": _act(_pin),
    "drop": _act(_drop),
    "move": _act(_move),
    "reword": _act(_reword),
    "show-to": _act(_show_to),
    "proof": _act(_proof),
    "submit": _act(_submit),
    "request-changes": _act(_request_changes),
    "approve": _act(_approve),
    "look-up": _act(_look_up),
    "schedule": _act(_schedule),
    "send": _act(_send),
    "pull-back": _act(_simple(control.pull_back, "Pulled back.")),
    "pause": _act(_pause),
    "resume": _act(_simple(control.resume, "Going on.")),
    "hand-over": _act(_hand_over),
    "resend": _act(_resend),
    "extend": _act(_extend),
    "correct": correct_issue,
    "cancel": _act(_simple(control.cancel, "Cancelled.")),
}
