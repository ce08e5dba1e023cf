"""What happens when the database was rewound: doubt about what was under way, and a person who decides the rest."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from newsletter.delivery.epoch import current_mark, is_held
from newsletter.delivery.ledger import RECOUNT, SETTLE
from newsletter.delivery.models import ChunkState, DeliveryState, Epoch, Sending
from newsletter.delivery.wake import wake_deliver, wake_freeze, wake_letters
from newsletter.errors import Conflict
from newsletter.issues.lifecycle import move, record
from newsletter.issues.models import Issue

log = logging.getLogger(__name__)
SYSTEM = "system"
REASON = "the database was restored or failed over"
_LOCK = 7_310_401_378  # any number, the same in every process
_DOUBT = f"""
WITH doubtful AS (
    UPDATE newsletter_delivery SET state = {DeliveryState.IN_DOUBT}, attempts = attempts + 1,
        next_attempt_at = NULL, moved_at = clock_timestamp()
    WHERE chunk_id = %(chunk)s AND state = ANY(%(states)s) RETURNING id
), kept AS (
    INSERT INTO newsletter_attempt (delivery_id, at, outcome, relay, phase, enhanced, words)
    SELECT id, clock_timestamp(), {DeliveryState.IN_DOUBT}, '', 'answer', '', %(words)s FROM doubtful
)
SELECT count(*) FROM doubtful
"""
_SETTLE = f"UPDATE newsletter_chunk c SET {SETTLE} FROM ({RECOUNT.format(chunk='%(chunk)s')}) n WHERE c.id = %(chunk)s"
HELD_ROWS = [DeliveryState.QUEUED, DeliveryState.WIRE]  # in a leased chunk: either may have been handed over since
WAITING_ROWS = [DeliveryState.QUEUED, DeliveryState.DEFERRED]


class Waiting(StrEnum):
    """What becomes of the deliveries that this database believes to be waiting."""

    SEND = "send"  # nothing was sent that it does not know of
    DOUBT = "doubt"  # some may have been sent since: they become in doubt and are not sent


@dataclass(frozen=True, slots=True)
class Standing:
    """How the database stands: held or not, since when, and what would go out on a confirmation."""

    held: bool
    since: datetime | None
    confirmed_by: str
    waiting: tuple[dict[str, Any], ...]


def watch(now: datetime) -> bool:
    """Notice another life of the database, put what was under way in doubt; returns whether sending is held.

    The first life is confirmed by itself, as long as nothing was sent in it: `migrate` notes it in an empty database.
    Two at once, or twice, change nothing more.
    """
    last = Epoch.objects.order_by("-pk").first()
    mark = current_mark()
    if last is not None and last.mark == mark:
        return not last.confirmed_by
    with transaction.atomic():
        _alone()
        last = Epoch.objects.order_by("-pk").first()
        if last is not None and last.mark == mark:
            return not last.confirmed_by
        if last is None and not Sending.objects.exists():
            Epoch.objects.create(mark=mark, since=now, confirmed_by=SYSTEM)
            return False
        _hold(mark, now)
        return True


def watch_if_possible(now: datetime) -> None:
    """The same behind `migrate`, which may have stopped at a state without the tables for it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if {Epoch._meta.db_table, Sending._meta.db_table} <= set(tables):
        watch(now)


def hold(*, now: datetime) -> None:
    """Hold all sending by hand, as after a restore that the marks cannot show; a second hold changes nothing."""
    with transaction.atomic():
        _alone()
        if not is_held():
            _hold(current_mark(), now)


def confirm(waiting: Waiting, *, by: str, now: datetime) -> int:
    """Let sending go on in this life of the database; returns how many deliveries became in doubt.

    Raises ``Conflict`` when nothing is held: somebody else confirmed.
    """
    watch(now)
    with transaction.atomic():
        _alone()
        last = Epoch.objects.order_by("-pk").first()
        if last is None or not Epoch.objects.filter(pk=last.pk, confirmed_by="").update(confirmed_by=by):
            raise Conflict("Sending is not held.", where="database", fix="There is nothing to confirm.")
        doubtful = _give_up_waiting(by, now) if waiting == Waiting.DOUBT else 0
        _wake()
    log.warning("database_confirmed waiting=%s in_doubt=%s", waiting, doubtful)
    return doubtful


def standing() -> Standing:
    """Return how the database stands, with the issues that would go out."""
    last = Epoch.objects.order_by("-pk").first()
    going = Issue.objects.filter(state__in=["scheduled", "cooling_off", "freezing", "sending", "paused"])
    rows = going.order_by("pk").values("pk", "newsletter__code", "state")
    waiting = tuple({"issue": row["pk"], "newsletter": row["newsletter__code"], "state": row["state"]} for row in rows)
    return Standing(is_held(), last.since if last else None, last.confirmed_by if last else "", waiting)


def _hold(mark: str, now: datetime) -> None:
    Epoch.objects.create(mark=mark, since=now, confirmed_by="")
    doubtful, issues = 0, set()
    for chunk, issue in _chunks("state = %(leased)s", leased=ChunkState.LEASED):
        doubtful += _doubt(chunk, HELD_ROWS)
        issues.add(issue)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_letter SET owner = NULL, lease_until = NULL, state = 'in_doubt' "
            "WHERE state IN ('wire', 'leased')"
        )
    for issue in issues:
        record(issue, "held", by=SYSTEM, now=now, detail={"reason": REASON})
    log.error("database_rewound in_doubt=%s", doubtful)


def _give_up_waiting(by: str, now: datetime) -> int:
    """Put everything that waits in doubt; an audience that is not whole yet waits for a person."""
    doubtful = 0
    moving = "issue_id IN (SELECT id FROM newsletter_issue WHERE state IN ('sending', 'paused'))"
    by_issue: Counter[int] = Counter()
    for chunk, issue_id in _chunks(f"{moving} AND queued + deferred > 0"):
        by_issue[issue_id] += _doubt(chunk, WAITING_ROWS)
    for issue_id, number in by_issue.items():
        doubtful += number
        record(issue_id, "confirm", by=by, now=now, detail={"in_doubt": number, "reason": REASON})
    for issue in Issue.objects.filter(state=Issue.State.FREEZING):
        move(issue.pk, "pause", by=by, now=now, detail={"reason": REASON}, pause_reason=REASON)
    return doubtful


def _doubt(chunk: int, states: list[DeliveryState]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM newsletter_chunk WHERE id = %s FOR NO KEY UPDATE", [chunk])
        cursor.execute(_DOUBT, {"chunk": chunk, "states": [int(state) for state in states], "words": REASON})
        doubtful = int(cursor.fetchone()[0])
        cursor.execute(_SETTLE, {"chunk": chunk})
    return doubtful


def _wake() -> None:
    for issue, state in Issue.objects.filter(state__in=["freezing", "sending"]).values_list("pk", "state"):
        (wake_freeze if state == Issue.State.FREEZING else wake_deliver)(issue)
    wake_letters()


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _chunks(condition: str, **values: Any) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, issue_id FROM newsletter_chunk WHERE {condition} ORDER BY id", values)
        return [(row[0], row[1]) for row in cursor.fetchall()]
