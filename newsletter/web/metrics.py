"""Figures for Prometheus, for whoever has the token; without one, for this machine alone."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsletter.delivery.measure import exposition, measure

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
_OF_A_PROXY = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return every figure; 403 without the right to see them, 503 while the database is away."""
    if not _may_see(request):
        return HttpResponse("Give the token of NEWSLETTER_METRICS_TOKEN, or ask from this machine.\n", FORMAT, 403)
    try:
        return HttpResponse(exposition(measure(now=timezone.now())), FORMAT)
    except Error:
        return HttpResponse("# the database does not answer\n", FORMAT, 503)


def _may_see(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if any(name in request.headers for name in _OF_A_PROXY):
        return False  # it comes from elsewhere, whatever the address of the proxy is
    address = request.META.get("REMOTE_ADDR", "")
    return not address or _is_local(address)


def _is_local(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
