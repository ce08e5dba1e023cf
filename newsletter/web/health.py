"""What load balancers ask."""

from __future__ import annotations

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer as long as this process lives."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database does, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Error:
        return JsonResponse({"ok": False, "part": "database"}, status=503)
    return JsonResponse({"ok": True})
