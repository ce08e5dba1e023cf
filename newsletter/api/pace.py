"""How many requests a token may make in a minute, counted in Valkey or Redis; without it nobody is counted."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache

import redis
from django.conf import settings

from newsletter.access.models import Token
from newsletter.errors import Refused

log = logging.getLogger(__name__)
MINUTE = 60
PATIENCE_SECONDS = 1.0


class TooMany(Refused):
    """The token made too many requests; ``seconds`` says how long to wait."""

    code = "too_many_requests"
    seconds = MINUTE


def count(token: Token, *, now: datetime) -> None:
    """Count one request; raises ``TooMany`` above ``NEWSLETTER_API_RATE`` a minute."""
    minute = int(now.timestamp()) // MINUTE
    place = f"newsletter:api:{token.prefix}:{minute}"
    try:
        with _valkey().pipeline() as pipe:
            pipe.incr(place)
            pipe.expire(place, 2 * MINUTE)
            made, _ = pipe.execute()
    except redis.RedisError as error:
        log.warning("api_not_counted error=%s", type(error).__name__)
        return
    if made > settings.API_RATE:
        refused = TooMany(
            f"More than {settings.API_RATE} requests a minute were made with this token.",
            where="Authorization",
            fix="Push articles in batches, or wait.",
        )
        refused.seconds = MINUTE - int(now.timestamp()) % MINUTE
        raise refused


@cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
