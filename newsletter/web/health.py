"""What load balancers ask."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

PATIENCE_SECONDS = 1.0


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer as long as this process lives."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database does, else 503; the broker is told of and never decides."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Error:
        return JsonResponse({"ok": False, "part": "database"}, status=503)
    return JsonResponse({"ok": True, "parts": {"database": True, "redis": _broker_answers()}})


def _broker_answers() -> bool:
    server = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
    try:
        with server:
            return bool(server.ping())
    except (redis.exceptions.RedisError, ValueError):
        return False
