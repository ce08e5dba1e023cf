"""Sending held after a restore or a failover: what is known, and the two ways to go on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from newsletter.delivery.rewind import Waiting, confirm, standing
from newsletter.errors import Conflict


@require_safe
def database(request: HttpRequest) -> HttpResponse:
    """Say whether sending is held and which issues would go out."""
    return render(request, "web/desk/database.html", {"standing": standing()})


@require_POST
def confirm_database(request: HttpRequest) -> HttpResponse:
    """Let sending go on."""
    choice = request.POST.get("waiting", "")
    if choice not in {one.value for one in Waiting}:
        messages.error(request, _("Choose one of the two."))
        return redirect("desk:database")
    try:
        done = confirm(Waiting(choice), by=request.user.get_username(), now=timezone.now())
        messages.success(request, _("Sending goes on."))
        if done.held:
            held = ", ".join(map(str, done.held))
            messages.warning(request, _("Issues that wait for a person: %(issues)s.") % {"issues": held})
    except Conflict as conflict:
        messages.error(request, f"{conflict.message} {conflict.fix}")
    return redirect("desk:database")
