"""What a database or a broker complains of, in plain words with what to do."""

from __future__ import annotations

import time

import redis
from django.conf import settings
from django.db import Error as DatabaseError

from newsletter.errors import Unavailable

SLOW_SECONDS = 0.1  # for one answer of the broker
WITHOUT_IT = "Sending goes on without it; wake-ups come some seconds later."
WAITS = "Nothing is lost: workers wait and go on when it is back."
PROBE = "newsletter:doctor"

_DATABASE = (  # part of the message -> words, what to do
    ("No space left", "The disk of PostgreSQL is full.", f"Free space there. {WAITS}"),
    ("could not extend file", "The disk of PostgreSQL is full.", f"Free space there. {WAITS}"),
    ("Connection refused", "PostgreSQL refuses connections.", f"Is it running? {WAITS}"),
    ("No such file", "PostgreSQL is not running at that socket.", f"Start it. {WAITS}"),
    ("timeout expired", "PostgreSQL does not answer: it hangs, or the network is cut.", WAITS),
    ("starting up", "PostgreSQL is starting up or recovering.", WAITS),
    ("shutting down", "PostgreSQL is shutting down.", WAITS),
    ("is not permitted to log in", "PostgreSQL does not let us log in.", "Check user and password in DATABASE_URL."),
    ("terminating connection", "PostgreSQL ends sessions: a restart, or an administrator.", WAITS),
    ("server closed the connection", "PostgreSQL broke off in the middle.", f"Did it crash? Its log tells. {WAITS}"),
    ("deadlock detected", "Two sessions wait for each other (deadlock).", "PostgreSQL ended one; it is tried again."),
    ("statement timeout", "PostgreSQL answers, but too slowly.", f"Is its disk busy? {WAITS}"),
    ("too many clients", "PostgreSQL has no connection left.", "Raise max_connections or run fewer workers."),
    ("remaining connection slots", "PostgreSQL has no connection left.", "Raise max_connections or run fewer workers."),
    ("read-only", "PostgreSQL takes no writes: it is a standby.", "Point DATABASE_URL at the primary."),
    (
        "could not translate host name",
        "The database's name cannot be looked up (DNS).",
        "Check DATABASE_URL.",
    ),
    ("failed to resolve host", "The database's name cannot be looked up (DNS).", "Check DATABASE_URL."),
    ("authentication failed", "PostgreSQL does not let us log in.", "Check user and password in DATABASE_URL."),
)


def database_trouble(error: DatabaseError) -> Unavailable:
    """Return a database error in plain words."""
    text = str(error)
    for part, words, fix in _DATABASE:
        if part in text:
            return Unavailable(words, where="DATABASE_URL", fix=fix)
    return Unavailable(f"PostgreSQL complains: {text.strip().split(chr(10), 1)[0]}", where="DATABASE_URL", fix=WAITS)


def look_at_broker(*, patience_seconds: float) -> str:
    """Return how the broker is; raises ``Unavailable`` in plain words when it is dead, hung, slow or full."""
    server = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=patience_seconds, socket_connect_timeout=patience_seconds
    )
    try:
        with server:
            server.ping()
            begun = time.monotonic()
            server.set(PROBE, "1", ex=10)
            took = time.monotonic() - begun
    except redis.exceptions.TimeoutError:
        raise _broker("Redis hangs: it takes connections and does not answer.") from None
    except redis.exceptions.AuthenticationError:
        raise _broker("Redis does not let us log in; check REDIS_URL.") from None
    except redis.exceptions.ConnectionError as error:
        raise _broker(f"Redis is away: {_first(error)}.") from None
    except redis.exceptions.OutOfMemoryError:
        raise _broker("Redis is full (maxmemory).") from None
    except redis.exceptions.ReadOnlyError:
        raise _broker("Redis takes no writes: it is a replica.") from None
    except redis.exceptions.RedisError as error:
        raise _broker(f"Redis complains: {_first(error)}.") from None
    if took > SLOW_SECONDS:
        raise _broker(f"Redis is slow: {took * 1000:.0f} ms for one answer.")
    return f"answers in {took * 1000:.1f} ms"


def _broker(words: str) -> Unavailable:
    return Unavailable(words, where="REDIS_URL", fix=WITHOUT_IT)


def _first(error: Exception) -> str:
    return str(error).split("\n", 1)[0].rstrip(".")
