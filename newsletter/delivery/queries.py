"""What waits, as the pump and the health page ask it, and what the relay said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from newsletter.delivery.epoch import is_held
from newsletter.delivery.ledger import place_lock
from newsletter.delivery.models import Attempt, Chunk, ChunkState
from newsletter.issues.models import Issue
from newsletter.letters.models import Letter


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work nobody has taken: issues to freeze, whether deliveries or letters wait."""

    freeze: tuple[int, ...]
    deliver: bool
    letters: bool


def issues_waiting() -> list[int]:
    """Return the sending issues that have chunks nobody holds; none while sending is held."""
    if is_held():
        return []
    free = Chunk.objects.filter(issue=OuterRef("pk"), state=ChunkState.WAITING).exclude(rest_until__gt=Now())
    sending = Issue.objects.filter(Exists(free), state=Issue.State.SENDING)
    return list(sending.order_by("pk").values_list("pk", flat=True))


def waiting(*, now: datetime, place: str) -> Waiting:
    """Return what waits and is not being worked on by the worker host ``place``."""
    freezing = (
        Issue.objects.filter(state=Issue.State.FREEZING).order_by("sending_at", "pk").values_list("pk", flat=True)
    )
    old = Letter.objects.filter(written_at__lt=now - timedelta(seconds=5))
    due = old.filter(state=Letter.State.QUEUED) | old.filter(state=Letter.State.DEFERRED, next_attempt_at__lte=now)
    return Waiting(
        tuple(freezing), bool(issues_waiting()) and not _is_delivering(place), due.exists() and not is_held()
    )


def _is_delivering(place: str) -> bool:
    """Return whether this worker host has a deliverer: it holds the lock of the place."""
    number = place_lock(place) & (2**64 - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 "
            "AND classid::bigint = %s AND objid::bigint = %s "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [number >> 32, number & 0xFFFFFFFF],
        )
        return bool(cursor.fetchone()[0])


def last_words(delivery_ids: Sequence[int]) -> dict[int, str]:
    """Return what the relay said last, in its own words, for those of these deliveries that were tried."""
    tries = Attempt.objects.filter(delivery_id__in=delivery_ids).order_by("pk")
    rows = tries.values_list("delivery_id", "code", "enhanced", "words")
    return {delivery: _reply(code, enhanced, words) for delivery, code, enhanced, words in rows}


def _reply(code: int | None, enhanced: str, words: str) -> str:
    """Return a reply as the relay wrote it; its words begin with the enhanced code, those of others may not."""
    given = words if words.startswith(enhanced) else f"{enhanced} {words}"
    return f"{code or ''} {given}".strip()
