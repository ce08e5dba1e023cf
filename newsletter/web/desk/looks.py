"""Templates at the desk: which there are, how each looks in every language, and keeping one of the newsroom's own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from newsletter.catalogue.models import Newsletter, Template
from newsletter.catalogue.templates import built_in
from newsletter.delivery.writer import dead_text
from newsletter.errors import NewsletterError
from newsletter.issues.keep_template import check_name, drop_template, keep_template, own_template
from newsletter.issues.try_template import NONCE, Trial, try_one, try_template
from newsletter.rendering.confined import OwnTemplate
from newsletter.rendering.playground.picture import inside, with_pictures
from newsletter.rendering.words import LANGUAGES
from newsletter.web.headers import MAIL


@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """Every template, and which newsletters have it."""
    return render(request, "web/desk/templates.html", _list())


@require_safe
def template(request: HttpRequest, name: str) -> HttpResponse:
    """One template on a made-up issue in one language, with its findings."""
    language = request.GET.get("language", "")
    language = language if language in LANGUAGES else LANGUAGES[0]
    own = Template.objects.filter(name=name).first()
    trial = try_one(_template(name), language)
    context = {"name": name, "own": own, "trial": trial, "spoken": language, "languages": LANGUAGES}
    return render(request, "web/desk/template.html", context)


@require_safe
def template_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part of a made-up issue, with dead personal links, in a sandbox of its own."""
    language = request.GET.get("language", "")
    trial = try_one(_template(name), language if language in LANGUAGES else LANGUAGES[0])
    html = dead_text(trial.rendering.html, NONCE) if trial.rendering else ""
    response = HttpResponse(with_pictures(html, inside))
    response.headers["Content-Security-Policy"] = MAIL
    return response


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep a template, or only try it; either way say what was found."""
    given = {key: request.POST.get(key, "").replace("\0", "").replace("\r\n", "\n") for key in ("name", "mjml", "text")}
    trials: tuple[Trial, ...] = ()
    try:
        if "try" in request.POST:
            check_name(given["name"])
            trials = try_template(OwnTemplate(given["name"], given["mjml"], given["text"]))
        else:
            by, now = request.user.get_username(), timezone.now()
            keep_template(given["name"], given["mjml"], text=given["text"], by=by, now=now)
            messages.success(request, _("Kept."))
            return redirect("desk:template", name=given["name"])
    except NewsletterError as error:
        messages.error(request, " ".join(part for part in (error.where, error.message, error.fix) if part))
    found = {finding: None for trial in trials for finding in trial.findings}
    context = {**_list(), "given": given, "trials": trials, "found": list(found)}
    return render(request, "web/desk/templates.html", context, status=200 if trials else 422)


@require_POST
def drop(request: HttpRequest, name: str) -> HttpResponse:
    """Forget a template that no newsletter has."""
    try:
        drop_template(name)
        messages.success(request, _("Dropped."))
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}")
    return redirect("desk:templates")


def _list() -> dict[str, Any]:
    users: dict[str, list[Newsletter]] = {}
    for newsletter in Newsletter.objects.order_by("title"):
        users.setdefault(newsletter.template, []).append(newsletter)
    rows: list[dict[str, Any]] = [{"name": name, "own": None, "users": users.get(name, [])} for name in built_in()]
    rows += [{"name": own.name, "own": own, "users": users.get(own.name, [])} for own in Template.objects.all()]
    return {"rows": rows}


def _template(name: str) -> OwnTemplate | str:
    if name in built_in():
        return name
    try:
        kept = own_template(name)
    except NewsletterError:
        raise Http404 from None
    return OwnTemplate(kept.name, kept.mjml, kept.text)
