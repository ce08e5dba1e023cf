"""House words at the desk: the phrases that the newsroom has banned."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from newsletter.catalogue.models import BannedPhrase
from newsletter.catalogue.phrases import allow, ban
from newsletter.errors import NewsletterError


@require_safe
def phrases(request: HttpRequest) -> HttpResponse:
    """The list, and the form that adds to it."""
    return render(request, "web/desk/phrases.html", {"phrases": BannedPhrase.objects.all()})


@require_POST
def ban_phrase(request: HttpRequest) -> HttpResponse:
    """Put a phrase on the list."""
    words, instead = request.POST.get("words", ""), request.POST.get("instead", "")
    try:
        ban(words, instead=instead, by=request.user.get_username(), now=timezone.now())
        messages.success(request, _("The proofreader looks for it from now on."))
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
    return redirect("desk:phrases")


@require_POST
def allow_phrase(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a phrase off the list."""
    try:
        allow(pk)
        messages.success(request, _("It may be written again."))
    except NewsletterError as error:
        messages.error(request, f"{error.message} {error.fix}".strip())
    return redirect("desk:phrases")
