"""What happens when the database was rewound: doubt about what was under way, and a person who decides the rest."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from newsletter.delivery.epoch import current_mark, is_by_hand, is_held
from newsletter.delivery.ledger import RECOUNT, SETTLE
from newsletter.delivery.models import ChunkState, DeliveryState, Epoch, Sending
from newsletter.delivery.wake import wake_deliver, wake_freeze, wake_letters
from newsletter.errors import Conflict
from newsletter.issues.clock import turn
from newsletter.issues.lifecycle import move, record
from newsletter.issues.models import Issue

log = logging.getLogger(__name__)
SYSTEM = "system"
REASON = "the database was restored or failed over"
BY_HAND = "sending was held by hand"
HELD = "held"  # the reason of a delivery in doubt that no policy sends again: see ``resend``
_UNDER_WAY = (Issue.State.FREEZING, Issue.State.SENDING, Issue.State.PAUSED)
_LEAVES = Q(state__in=[Issue.State.SCHEDULED, Issue.State.COOLING_OFF]) | Q(state=Issue.State.APPROVED) & ~Q(
    kind=Issue.Kind.SPECIAL
)  # by itself, at its time
_GOING = Q(state__in=_UNDER_WAY) | _LEAVES
_LOCK = 7_310_401_378  # any number, the same in every process
_DOUBT = f"""
WITH doubtful AS (
    UPDATE newsletter_delivery SET state = {DeliveryState.IN_DOUBT}, attempts = attempts + 1,
        next_attempt_at = NULL, moved_at = clock_timestamp(), reason = '{HELD}'
    WHERE chunk_id = %(chunk)s AND state IN ({DeliveryState.QUEUED}, {DeliveryState.WIRE}{{deferred}}) RETURNING id
), kept AS (
    INSERT INTO newsletter_attempt (delivery_id, at, outcome, relay, phase, enhanced, words)
    SELECT id, clock_timestamp(), {DeliveryState.IN_DOUBT}, '', 'answer', '', %(words)s FROM doubtful
)
SELECT count(*) FROM doubtful
"""
_SETTLE = f"UPDATE newsletter_chunk c SET {SETTLE} FROM ({RECOUNT.format(chunk='%(chunk)s')}) n WHERE c.id = %(chunk)s"
_DEFERRED = f", {DeliveryState.DEFERRED}"


class Waiting(StrEnum):
    """What becomes of the deliveries that this database believes to be waiting."""

    SEND = "send"  # nothing was sent that it does not know of
    DOUBT = "doubt"  # some may have been sent since: they become in doubt and are not sent


@dataclass(frozen=True, slots=True)
class Standing:
    """How the database stands: held or not and why, since when, and what would go out on a confirmation."""

    held: bool
    reason: str
    since: datetime | None
    confirmed_by: str
    waiting: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Deliveries that became in doubt, and the issues that a person has to let go on: held, or paused."""

    in_doubt: int
    held: tuple[int, ...]


def watch(now: datetime) -> bool:
    """Notice another life of the database, put what was under way in doubt; returns whether sending is held.

    The first life is confirmed by itself, as long as nothing was sent in it: `migrate` notes it in an empty database.
    Two at once, or twice, change nothing more.
    """
    held = _notice(now)
    if held:
        _take_back()
    return held


def _notice(now: datetime) -> bool:
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
        _hold(mark, by=SYSTEM, reason=REASON, now=now)
        return True


def watch_if_possible(now: datetime) -> None:
    """The same behind `migrate`, which may have stopped at a state without the tables for it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if {Epoch._meta.db_table, Sending._meta.db_table} <= set(tables):
        watch(now)


def hold(*, by: str, reason: str = "", now: datetime) -> None:
    """Hold all sending by hand, as after a restore that the marks cannot show; a second hold changes nothing."""
    with transaction.atomic():
        _alone()
        if not is_held():
            _hold(current_mark(), by=by, reason=reason or BY_HAND, now=now)
    _take_back()


def confirm(waiting: Waiting, *, by: str, now: datetime) -> Confirmed:
    """Let sending go on in this life of the database; returns what does not go on with it.

    Raises ``Conflict`` when nothing is held: somebody else confirmed.
    """
    if watch(now) and waiting == Waiting.DOUBT:
        turn(now)  # what was due meanwhile is drafted, and sealed where nobody is asked: then it is held with the rest
    with transaction.atomic():
        _alone()
        last = Epoch.objects.order_by("-pk").first()
        if last is None or not Epoch.objects.filter(pk=last.pk, confirmed_by="").update(confirmed_by=by):
            raise Conflict("Sending is not held.", where="database", fix="There is nothing to confirm.")
        done = _give_up_waiting(by, now) if waiting == Waiting.DOUBT else Confirmed(0, ())
        _wake()
    log.warning("database_confirmed waiting=%s in_doubt=%s held=%s", waiting, done.in_doubt, len(done.held))
    return done


def standing() -> Standing:
    """Return how the database stands, with the issues that would go out."""
    last = Epoch.objects.order_by("-pk").first()
    rows = Issue.objects.filter(_GOING).order_by("pk").values("pk", "newsletter__code", "state")
    waiting = tuple({"issue": row["pk"], "newsletter": row["newsletter__code"], "state": row["state"]} for row in rows)
    held = is_held()
    why = (BY_HAND if is_by_hand() else REASON) if held else ""
    return Standing(held, why, last.since if last else None, last.confirmed_by if last else "", waiting)


def _hold(mark: str, *, by: str, reason: str, now: datetime) -> None:
    """Note that sending is held. Once this is committed nothing is claimed, and what is can be taken back in peace."""
    Epoch.objects.create(mark=mark, since=now, confirmed_by="")
    for issue in Issue.objects.filter(_GOING).order_by("pk").values_list("pk", flat=True):
        record(issue, "held", by=by, now=now, detail={"reason": reason})
    log.error("sending_held by_hand=%s", by != SYSTEM)


def _take_back() -> None:
    """Put in doubt what is in some worker's hands while sending is held, until nothing is: a claim may be under way."""
    while _take_back_once():
        pass


def _take_back_once() -> bool:
    with transaction.atomic():
        _alone()
        last = Epoch.objects.order_by("-pk").first()
        if last is None or last.confirmed_by:
            return False
        words = BY_HAND if is_by_hand() else REASON
        chunks = _chunks("state = %(leased)s", leased=ChunkState.LEASED)
        doubtful = sum(_doubt(chunk, words, only_leased=True) for chunk in chunks)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE newsletter_letter SET owner = NULL, lease_until = NULL, state = 'in_doubt' "
                "WHERE state IN ('wire', 'leased')"
            )
            letters = cursor.rowcount
    if chunks or letters:
        log.error("held_in_doubt deliveries=%s letters=%s", doubtful, letters)
    return bool(chunks or letters)


def _give_up_waiting(by: str, now: datetime) -> Confirmed:
    """Put everything that waits in doubt; an issue that would leave whole or in part by itself waits for a person."""
    doubtful, held = 0, []
    for issue in Issue.objects.select_for_update(no_key=True).filter(_GOING).order_by("pk"):
        if issue.state in _UNDER_WAY:
            doubtful += _give_up_issue(issue, by, now)
        if issue.state == Issue.State.FREEZING:
            move(issue.pk, "pause", by=by, now=now, detail={"reason": REASON}, pause_reason=REASON)
            held.append(issue.pk)
        elif issue.state not in _UNDER_WAY:
            if issue.state == Issue.State.COOLING_OFF:
                move(issue.pk, "pull_back", by=by, now=now, cool_off_until=None, expires_at=None)
            Issue.objects.filter(pk=issue.pk).update(hold_reason=REASON)
            record(issue.pk, "held", by=by, now=now, detail={"reason": REASON})
            held.append(issue.pk)
    return Confirmed(doubtful, tuple(held))


def _give_up_issue(issue: Issue, by: str, now: datetime) -> int:
    Sending.objects.select_for_update().filter(issue=issue).first()  # a portion of the audience may be under way
    chunks = _chunks("issue_id = %(issue)s AND queued + deferred > 0", issue=issue.pk)
    number = sum(_doubt(chunk, REASON) for chunk in chunks)
    if number:
        record(issue.pk, "confirm", by=by, now=now, detail={"in_doubt": number, "reason": REASON})
    return number


def _doubt(chunk: int, words: str, *, only_leased: bool = False) -> int:
    """Put in doubt what of a chunk waits or is under way: either may have been handed over since."""
    still = f"state = {ChunkState.LEASED}" if only_leased else "true"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM newsletter_chunk WHERE id = %s AND {still} FOR NO KEY UPDATE", [chunk])
        if not cursor.rowcount:  # its worker was faster
            return 0
        cursor.execute(_DOUBT.format(deferred="" if only_leased else _DEFERRED), {"chunk": chunk, "words": words})
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


def _chunks(condition: str, **values: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM newsletter_chunk WHERE {condition} ORDER BY id", values)
        return [row[0] for row in cursor.fetchall()]
