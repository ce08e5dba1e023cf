"""Valkey deals out what was drawn from the book, so that a thousand workers do not all ask PostgreSQL.

It holds tokens for at most a second and may lose them: they are gone then, never doubled. While it is away every
worker draws from the book by itself.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import date
from secrets import token_hex

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter.delivery.pace import book
from newsletter.delivery.pace.rate import TOKEN_SECONDS, Limit

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 0.25
SILENT_SECONDS = 5.0  # nobody asks a Valkey again so soon after it did not answer
MOST_OF_A_DAY = 200
BLOCK_SECONDS = 0.25  # how much of a rate is drawn at once for all workers
DRAWING_MS = 500  # how long one worker may be about to draw for all, and how long what it drew lies here
_TAKE = """
local have = tonumber(redis.call('GET', KEYS[1]) or '0')
local take = math.min(have, tonumber(ARGV[1]))
if take > 0 then
    redis.call('DECRBY', KEYS[1], take)
    return {take, redis.call('PTTL', KEYS[1]), 0}
end
if redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[2]) then return {0, 0, 1} end
return {0, redis.call('PTTL', KEYS[2]), 0}
"""
# Only who still holds the right to draw lays tokens down: a command that Valkey carries out late finds it gone, so
# no token outlives the second after it was drawn.
_LAY = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4]) end
if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[2], '', 'PX', ARGV[3]) else redis.call('DEL', KEYS[2]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class Dealt:
    """Tokens that may be used until the monotonic second ``until``; without any, ask again after ``wait`` seconds.

    ``day`` is the one whose count they stand in, None where no day is counted.
    """

    number: int
    until: float
    wait: float = 0.0
    full: bool = False
    day: date | None = None


class Deal:
    """One worker's way to tokens."""

    def __init__(self, url: str = "") -> None:
        url = url or settings.REDIS_URL
        self._valkey = (
            redis.Redis.from_url(
                url,
                socket_timeout=PATIENCE_SECONDS,
                socket_connect_timeout=PATIENCE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            if url
            else None
        )
        self._take = self._valkey.register_script(_TAKE) if self._valkey is not None else None
        self._lay = self._valkey.register_script(_LAY) if self._valkey is not None else None
        self._silent_until = 0.0

    @property
    def shared(self) -> bool:
        """Return whether Valkey deals just now."""
        return self._valkey is not None and time.monotonic() >= self._silent_until

    def take(self, limit: Limit, want: int) -> Dealt:
        """Take at most ``want`` tokens, a tenth of a second's worth at most; raises ``Unavailable``."""
        want = _portion(limit, want)
        if limit.cap is None and self.shared:  # what counts for a day is drawn from the book one by one
            try:
                return self._from_valkey(limit, want)
            except redis.RedisError as error:
                self._fall_silent(error)
        began = time.monotonic()
        drawn = book.draw(limit, want)
        return Dealt(drawn.number, began + TOKEN_SECONDS, wait=drawn.wait, full=drawn.full, day=drawn.day)

    def close(self) -> None:
        """End the connection."""
        if self._valkey is not None:
            self._valkey.close()

    def _from_valkey(self, limit: Limit, want: int) -> Dealt:
        assert self._take is not None
        began = time.monotonic()
        places = (f"newsletter:pace:{limit.name}", f"newsletter:pace:{limit.name}:draw")
        right = token_hex(8)
        number, milliseconds, drawing = self._take(keys=places, args=[want, DRAWING_MS, right])
        if number:
            return Dealt(int(number), began + int(milliseconds) / 1000)
        if not drawing:
            return Dealt(0, began, wait=max(int(milliseconds), 0) / 1000)
        drew_at = time.monotonic()
        drawn = book.draw(limit, max(want, int(limit.rate * BLOCK_SECONDS)))
        self._lay_down(places, right, max(0, drawn.number - want), drawn.wait)
        return Dealt(min(drawn.number, want), drew_at + TOKEN_SECONDS, wait=drawn.wait)

    def _lay_down(self, places: tuple[str, str], right: str, number: int, wait: float) -> None:
        """Leave the rest of a block for the other workers, and until when nobody needs to ask the book."""
        assert self._lay is not None
        try:
            self._lay(keys=places, args=[right, number, int(wait * 1000), DRAWING_MS])
        except redis.RedisError as error:  # what was left over is lost, what is ours is good
            self._fall_silent(error)

    def _fall_silent(self, error: redis.RedisError) -> None:
        self._silent_until = time.monotonic() + SILENT_SECONDS
        log.warning("pace_without_valkey error=%s", type(error).__name__)


def _portion(limit: Limit, want: int) -> int:
    """Return how many to take at once: enough to ask seldom, few enough to leave the others some."""
    return max(1, min(want, int(limit.rate * 0.1) if limit.rate else MOST_OF_A_DAY))
