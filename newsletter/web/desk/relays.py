"""Where mail is handed over, how fast, and what ails it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsletter.delivery.relays.describe import describe_pace, describe_relays


@require_safe
def relays(request: HttpRequest) -> HttpResponse:
    """Show every relay and every domain with a pace of its own."""
    now = timezone.now()
    return render(request, "web/desk/relays.html", {"relays": describe_relays(now), "pace": describe_pace(now)})
