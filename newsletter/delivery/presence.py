"""Who is at work: workers and tickers sign in the database, so that their absence can be told."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

WORKER, TICKER = "worker", "ticker"
ALIVE_SECONDS = 60  # a worker signs every few seconds
_SIGN = """
INSERT INTO newsletter_presence (kind, place, started_at, seen_at)
VALUES (%(kind)s, %(place)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (kind, place) DO UPDATE SET seen_at = clock_timestamp()
"""
_FORGET = "DELETE FROM newsletter_presence WHERE seen_at < clock_timestamp() - interval '1 day' AND kind = 'worker'"
_SEEN = f"""
SELECT kind, count(*) FILTER (WHERE seen_at > clock_timestamp() - interval '{ALIVE_SECONDS} seconds'),
    extract(epoch FROM clock_timestamp() - max(seen_at))::float8
FROM newsletter_presence GROUP BY kind
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How many are alive and how many seconds ago the last one signed; None when there never was one."""

    alive: int = 0
    seconds_ago: float | None = None


def sign(kind: str, place: str) -> None:
    """Say that we live."""
    with connection.cursor() as cursor:
        cursor.execute(_SIGN, {"kind": kind, "place": place[:255]})
        cursor.execute(_FORGET)


def leave(kind: str, place: str) -> None:
    """Say goodbye."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM newsletter_presence WHERE kind = %s AND place = %s", [kind, place[:255]])


def seen() -> dict[str, Seen]:
    """Return who was seen, by kind."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN)
        found = {kind: Seen(alive, ago) for kind, alive, ago in cursor.fetchall()}
    return {WORKER: Seen(), TICKER: Seen(), **found}
