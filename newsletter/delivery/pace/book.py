"""The book of tokens in PostgreSQL: whatever is handed over under a limit was drawn here first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from newsletter.delivery.database_away import asking_the_database
from newsletter.delivery.pace.rate import Limit

LONGEST_WAIT = 600.0  # seconds until anybody asks again, whatever the reason
_OPEN = """INSERT INTO newsletter_bucket (name, tokens, at, day, used)
VALUES (%(name)s, %(tokens)s, clock_timestamp(), (clock_timestamp() AT TIME ZONE 'UTC')::date, 0)
ON CONFLICT DO NOTHING"""
_DRAW = """
WITH kept AS (
    SELECT name, tokens, at, day, used FROM newsletter_bucket WHERE name = %(name)s FOR UPDATE
), timed AS (  -- a clock that went back gives nothing until it has caught up
    SELECT kept.*, greatest(kept.at, clock_timestamp()) AS now FROM kept
), counted AS (
    SELECT name, now, (now AT TIME ZONE 'UTC')::date AS today,
        least(%(capacity)s::float8, tokens + %(rate)s::float8 * extract(epoch FROM now - at)::float8) AS have,
        CASE WHEN day >= (now AT TIME ZONE 'UTC')::date THEN used ELSE 0 END AS used_today
    FROM timed
), granted AS (
    SELECT *, greatest(0, least(%(want)s::int, %(cap)s::int - used_today,
        CASE WHEN %(rate)s::float8 > 0 THEN floor(have)::int ELSE %(want)s::int END)) AS number
    FROM counted
)
UPDATE newsletter_bucket b SET tokens = CASE WHEN %(rate)s::float8 > 0 THEN g.have - g.number ELSE b.tokens END,
    at = g.now, day = greatest(b.day, g.today), used = g.used_today + g.number
FROM granted g WHERE b.name = g.name
RETURNING g.number, g.have - g.number, %(cap)s::int - g.used_today - g.number,
    extract(epoch FROM ((g.today + 1)::timestamp AT TIME ZONE 'UTC') - g.now)::float8, b.day
"""
_GIVE_BACK = """UPDATE newsletter_bucket SET used = greatest(0, used - %(number)s)
WHERE name = %(name)s AND day = %(day)s"""
_CHARGE = """
UPDATE newsletter_bucket SET tokens = tokens - 1, day = greatest(day, (clock_timestamp() AT TIME ZONE 'UTC')::date),
    used = 1 + CASE WHEN day >= (clock_timestamp() AT TIME ZONE 'UTC')::date THEN used ELSE 0 END
WHERE name = %(name)s AND (day < (clock_timestamp() AT TIME ZONE 'UTC')::date AND %(cap)s > 0 OR used < %(cap)s)
RETURNING day
"""
_NO_CAP = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw gave: tokens, and when there are more: ``wait`` seconds; ``full`` says that today has none left.

    ``day`` is the UTC day in whose count they stand.
    """

    number: int
    wait: float
    day: date
    full: bool = False


def draw(limit: Limit, want: int) -> Drawn:
    """Draw at most ``want`` tokens; they are used within ``TOKEN_SECONDS`` or never. Raises ``Unavailable``."""
    cap = _NO_CAP if limit.cap is None else limit.cap
    values: dict[str, Any] = {
        "name": limit.name,
        "rate": limit.rate,
        "capacity": limit.capacity,
        "want": want,
        "cap": cap,
    }
    with asking_the_database(), connection.cursor() as cursor:
        cursor.execute(_DRAW, values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_OPEN, {"name": limit.name, "tokens": limit.capacity})
            cursor.execute(_DRAW, values)
            row = cursor.fetchone()
    number, have, left, until_midnight, day = row
    if left <= 0 and number < want:
        return Drawn(number, max(until_midnight, 1.0), day, full=True)
    wait = (1.0 - have) / limit.rate if limit.rate and have < 1 else 0.0
    return Drawn(number, min(max(wait, 0.0), LONGEST_WAIT), day)


def charge(limit: Limit) -> date | None:
    """Book one message that goes at once, so that later ones wait; returns the day it counts for, None without room.

    Raises ``Unavailable``.
    """
    values: dict[str, Any] = {"name": limit.name, "cap": _NO_CAP if limit.cap is None else limit.cap}
    with asking_the_database(), connection.cursor() as cursor:
        cursor.execute(_OPEN, {"name": limit.name, "tokens": limit.capacity})
        cursor.execute(_CHARGE, values)
        row = cursor.fetchone()
    return row[0] if row else None


def give_back(limit: Limit, number: int, day: date) -> None:
    """Take tokens that nobody used out of the count of the day they were drawn on, unless a new one has begun.

    Raises ``Unavailable``.
    """
    with asking_the_database(), connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"name": limit.name, "number": number, "day": day})
