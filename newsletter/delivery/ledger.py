"""The deliverer's book: claims, intents and results, each one committed statement, fenced by the owner.

``turn`` records results and marks intents in the same statement. It locks the chunk rows it writes for, so a chunk
that was taken away (``reconcile``) admits neither a mark nor a result, and re-reads what may have changed since the
claim: the issue's state, the reader's subscription, suppressions.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2s
from typing import NamedTuple
from uuid import UUID

from psycopg import pq

from newsletter.delivery.doubt import unless_in_doubt
from newsletter.delivery.epoch import HELD
from newsletter.delivery.line import Line, Params, too_late
from newsletter.delivery.models import ChunkState, DeliveryState, Lane
from newsletter.delivery.outcome import SAME_REFUSALS
from newsletter.errors import Unavailable
from newsletter.issues.models import Issue
from newsletter.readers.models import Subscription

LEASE_SECONDS = 75
HEARTBEAT_SECONDS = 20
CUT_OFF = b"cut_off:"  # the reason of a delivery that waits although it was offered: how often
PATIENCE_SECONDS = 1.0  # a database that hangs does not keep a worker from ending

_UNWANTED = f"""CASE
    WHEN NOT EXISTS (SELECT FROM newsletter_subscription s WHERE s.reader_id = d.reader_id
        AND s.newsletter_id = i.newsletter_id AND s.state = '{Subscription.State.ACTIVE}') THEN 'not_subscribed'
    WHEN EXISTS (SELECT FROM newsletter_reader p JOIN newsletter_suppression x ON x.address_hash = p.address_hash
        WHERE p.id = d.reader_id AND x.lifted_at IS NULL) THEN 'suppressed'
    ELSE '' END"""

_GOES = f"i.state = '{Issue.State.SENDING}' AND (i.expires_at IS NULL OR i.expires_at > clock_timestamp())"

_CLAIM = f"""
WITH free AS (
    SELECT c.id FROM newsletter_chunk c JOIN newsletter_issue i ON i.id = c.issue_id
    WHERE c.state = {ChunkState.WAITING} AND {_GOES} AND NOT {HELD}
        AND (c.rest_until IS NULL OR c.rest_until <= clock_timestamp()) {{only}}
    ORDER BY c.lane, c.id LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
), claimed AS (
    UPDATE newsletter_chunk c SET state = {ChunkState.LEASED}, owner = $1, claims = c.claims + 1,
        lease_until = clock_timestamp() + interval '{LEASE_SECONDS} seconds',
        first_claimed_at = coalesce(c.first_claimed_at, clock_timestamp())
    FROM free WHERE c.id = free.id RETURNING c.id, c.issue_id, c.lane
)
SELECT c.id, c.issue_id, d.id, d.reader_id, d.address, d.name, d.variant, d.attempts, {_UNWANTED}, d.reason, c.lane
FROM claimed c JOIN newsletter_issue i ON i.id = c.issue_id
LEFT JOIN newsletter_delivery d ON d.chunk_id = c.id AND d.state = {DeliveryState.QUEUED}
"""
CLAIM = _CLAIM.format(only="")
URGENT = _CLAIM.format(only=f"AND c.lane = {Lane.CORRECTION}")

_SKIPPED = unless_in_doubt(DeliveryState.SKIPPED)
_IN_HELD = "d.chunk_id + 0 = held.id"  # the sum keeps the planner from walking a whole chunk for a few deliveries
_RESULT = """unnest($3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::int[], $8::text[],
        $9::text[], $10::text[], $11::text[], $14::text[])
        AS r (id, state, code, burnt, wait, reason, phase, enhanced, words, relay)"""
_BOOK = f"""
WITH held AS MATERIALIZED (
    SELECT c.id, i.newsletter_id,
        c.lease_until > clock_timestamp() AND {_GOES} AS goes
    FROM newsletter_chunk c JOIN newsletter_issue i ON i.id = c.issue_id
    WHERE c.id = ANY($2::bigint[]) AND c.owner = $1
    FOR NO KEY UPDATE OF c
), broken AS (
    DELETE FROM newsletter_refusalrun n USING unnest($15::bigint[]) AS t (id) WHERE n.issue_id = t.id
), {{result}}, recorded AS (
    UPDATE newsletter_delivery d SET state = CASE r.state WHEN {DeliveryState.SKIPPED} THEN {_SKIPPED} ELSE r.state END,
        code = coalesce(r.code, d.code), reason = r.reason,
        attempts = d.attempts + r.burnt, moved_at = clock_timestamp(),
        next_attempt_at = CASE WHEN r.wait > 0 THEN clock_timestamp() + r.wait * interval '1 second' END
    FROM result r, held
    WHERE d.id = r.id AND {_IN_HELD} AND d.state IN ({DeliveryState.QUEUED}, {DeliveryState.WIRE})
    RETURNING r.*
), kept AS (
    INSERT INTO newsletter_attempt (delivery_id, at, outcome, relay, phase, code, enhanced, words)
    SELECT r.id, clock_timestamp(), r.state, coalesce(nullif(r.relay, ''), $12), r.phase, r.code, r.enhanced, r.words
    FROM recorded r WHERE r.burnt > 0
), wanted AS MATERIALIZED (
    SELECT d.id, {_UNWANTED} AS reason
    FROM unnest($13::bigint[]) AS m (id) JOIN newsletter_delivery d ON d.id = m.id
    JOIN held i ON {_IN_HELD.replace("held", "i")} AND i.goes
)"""
_MARK = f"""UPDATE newsletter_delivery d SET reason = w.reason, moved_at = clock_timestamp(),
    state = CASE w.reason WHEN '' THEN {DeliveryState.WIRE} ELSE {_SKIPPED} END
FROM wanted w WHERE d.id = w.id AND d.state = {DeliveryState.QUEUED}
RETURNING d.id, CASE w.reason WHEN '' THEN {DeliveryState.WIRE} ELSE {DeliveryState.SKIPPED} END AS state"""
TURN = _BOOK.format(result=f"result AS MATERIALIZED (SELECT * FROM {_RESULT})") + _MARK

# The same with refusals that may say something about us: they are counted over all workers in a row that is locked
# until the commit, and those behind the tenth are put back instead of refused.
_BEHIND = f"n.refusals - b.behind > {SAME_REFUSALS}"
_COUNTED_RESULT = f"""run AS (
    INSERT INTO newsletter_refusalrun AS n (issue_id, reply, refusals)
    SELECT * FROM unnest($16::bigint[], $17::text[], $18::int[])
    ON CONFLICT (issue_id) DO UPDATE SET reply = EXCLUDED.reply, refusals = EXCLUDED.refusals
        + CASE WHEN n.reply = EXCLUDED.reply AND NOT n.issue_id = ANY($19::bigint[]) THEN n.refusals ELSE 0 END
    RETURNING n.issue_id, n.refusals
), result AS MATERIALIZED (
    SELECT r.id, CASE WHEN {_BEHIND} THEN {DeliveryState.QUEUED} ELSE r.state END AS state, r.code,
        CASE WHEN {_BEHIND} THEN 0 ELSE r.burnt END AS burnt, r.wait, r.reason, r.phase, r.enhanced, r.words, r.relay
    FROM {_RESULT}
    LEFT JOIN unnest($20::bigint[], $21::bigint[], $22::int[]) AS b (id, issue_id, behind) ON b.id = r.id
    LEFT JOIN run n ON n.issue_id = b.issue_id
)"""
TURN_OF_REFUSALS = (
    _BOOK.format(result=_COUNTED_RESULT)
    + f", moved AS ({_MARK}) SELECT id, state::int FROM moved UNION ALL SELECT -issue_id, refusals FROM run"
)

_COUNTED = tuple(state for state in DeliveryState if state != DeliveryState.LEASED)
RECOUNT = "\n".join(
    [
        "SELECT min(d.next_attempt_at) AS next_attempt_at,",
        ", ".join(f"count(*) FILTER (WHERE d.state = {state}) AS {state.name.lower()}" for state in _COUNTED),
        "FROM newsletter_delivery d WHERE d.chunk_id = {chunk}",
    ]
)
SETTLE = (
    "next_attempt_at = n.next_attempt_at, settled_at = clock_timestamp(), owner = NULL, lease_until = NULL, "
    f"state = CASE WHEN n.queued > 0 THEN {ChunkState.WAITING} ELSE {ChunkState.CLOSED} END, "
    + ", ".join(f"{state.name.lower()} = n.{state.name.lower()}" for state in _COUNTED)
)
RELEASE = (
    f"UPDATE newsletter_chunk c SET {SETTLE}, "
    "rest_until = CASE WHEN $3::int > 0 THEN clock_timestamp() + $3::int * interval '1 second' END "
    f"FROM ({RECOUNT.format(chunk='$2')}) n WHERE c.id = $2 AND c.owner = $1"
)
HEARTBEAT = f"""UPDATE newsletter_chunk SET lease_until = clock_timestamp() + interval '{LEASE_SECONDS} seconds'
WHERE owner = $1 AND state = {ChunkState.LEASED}"""
ALIVE = "SELECT pg_try_advisory_lock($1::bigint)"
LET_GO = "SELECT pg_advisory_unlock_all()"


class Row(NamedTuple):
    """A claimed delivery as it was frozen; ``unwanted`` says why it must be skipped, "" when it may go.

    ``cut_off`` counts how often the relay ended the connection instead of answering for this reader.
    """

    id: int
    reader_id: int
    address: str
    name: str
    variant: str
    attempts: int
    unwanted: str
    cut_off: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that is ours now, with its queued rows; an urgent one goes before what is in hand."""

    chunk: int
    issue: int
    rows: tuple[Row, ...]
    urgent: bool = False


class Result(NamedTuple):
    """What becomes of one delivery. ``burnt`` attempts count; ``wait`` is seconds until the next, 0 for none."""

    id: int
    state: DeliveryState
    code: int | None = None
    burnt: int = 0
    wait: int = 0
    reason: str = ""
    phase: str = ""
    enhanced: str = ""
    words: str = ""
    relay: str = ""  # "" = the one the ledger was opened for


@dataclass(frozen=True, slots=True)
class Refusals:
    """Refusals of one issue that are alike, to be counted; ``fresh`` when one was accepted just before them."""

    issue: int
    reply: str
    number: int
    ids: Sequence[int]  # those that this turn records, in order
    fresh: bool = False


def owner_lock(owner: UUID) -> int:
    """Return the advisory lock a living owner holds: taking it proves that its session is gone."""
    return int.from_bytes(blake2s(owner.bytes, digest_size=8).digest(), signed=True)


def place_lock(place: str) -> int:
    """Return the advisory lock that keeps one worker host to one deliverer."""
    return int.from_bytes(blake2s(place.encode(), digest_size=8, person=b"place").digest(), signed=True)


class Ledger:
    """The two lines of one deliverer: ``turns`` for results and intents, ``claims`` for everything slower."""

    def __init__(self, owner: UUID, relay: str) -> None:
        """Connect; raises ``Unavailable``."""
        self._owner, self._relay = str(owner).encode(), relay.encode()
        self._lock = owner_lock(owner)
        self.turns = Line({"turn": TURN, "turn_of_refusals": TURN_OF_REFUSALS, "alive": ALIVE, "let_go": LET_GO})
        self.claims = Line({"claim": CLAIM, "urgent": URGENT, "release": RELEASE, "heartbeat": HEARTBEAT})
        self.turns.ask_and_wait("alive", [b"%d" % self._lock])

    def hold_place(self, place: str) -> bool:
        """Try to be the only deliverer of this worker host; it lasts as long as this ledger."""
        answer = self.turns.ask_and_wait("alive", [b"%d" % place_lock(place)])
        return answer.get_value(0, 0) == b"t"

    def close(self) -> None:
        """End both sessions; the locks are given back first, for the end of a session is seen a moment later."""
        if not self.turns.busy:
            with suppress(Unavailable):
                self.turns.ask("let_go", [])
                while self.turns.busy and select.select([self.turns.fileno()], [], [], PATIENCE_SECONDS)[0]:
                    self.turns.hear()
        self.turns.close()
        self.claims.close()

    def turn(
        self,
        chunks: Sequence[int],
        results: Sequence[Result],
        marks: Sequence[int],
        accepted: Sequence[int] = (),
        refusals: Sequence[Refusals] = (),
    ) -> None:
        """Record results and mark intents; ``marked`` and ``counted`` read the answer.

        ``accepted`` are issues of which something was accepted: a run of refusals of theirs is over.
        """
        params = self._turn(chunks, results, marks, accepted)
        if refusals:
            self.turns.ask("turn_of_refusals", [*params, *_count(refusals)])
        else:
            self.turns.ask("turn", params)

    def turn_and_wait(self, chunks: Sequence[int], results: Sequence[Result]) -> None:
        """Record results outside the loop; recording one twice changes nothing."""
        self.turns.ask_and_wait("turn", self._turn(chunks, results, ()))

    def claim(self) -> None:
        """Ask for a chunk; ``claimed`` reads the answer."""
        self.claims.ask("claim", [self._owner])

    def claim_urgent(self) -> None:
        """The same for what goes before any bulk issue."""
        self.claims.ask("urgent", [self._owner])

    def release(self, chunk: int, rest_seconds: int = 0) -> None:
        """Let go of a chunk after its last result; nobody claims it again within ``rest_seconds``."""
        self.claims.ask("release", [self._owner, b"%d" % chunk, b"%d" % rest_seconds])

    def heartbeat(self) -> None:
        """Lengthen the leases."""
        self.claims.ask("heartbeat", [self._owner])

    def check(self, now: float) -> None:
        """Raise ``Unavailable`` when the database has taken a question and does not answer."""
        if self.turns.is_late(now) or self.claims.is_late(now):
            raise too_late()

    def _turn(
        self, chunks: Sequence[int], results: Sequence[Result], marks: Sequence[int], accepted: Sequence[int] = ()
    ) -> Params:
        return [
            self._owner,
            _numbers(chunks),
            _numbers([result.id for result in results]),
            _numbers([result.state for result in results]),
            _numbers([result.code for result in results]),
            _numbers([result.burnt for result in results]),
            _numbers([result.wait for result in results]),
            _texts([result.reason for result in results]),
            _texts([result.phase for result in results]),
            _texts([result.enhanced for result in results]),
            _texts([result.words for result in results]),
            self._relay,
            _numbers(marks),
            _texts([result.relay for result in results]),
            _numbers(accepted),
        ]


def _count(refusals: Sequence[Refusals]) -> Iterator[bytes]:
    """What a turn of refusals is asked besides."""
    yield _numbers([run.issue for run in refusals])
    yield _texts([run.reply for run in refusals])
    yield _numbers([run.number for run in refusals])
    yield _numbers([run.issue for run in refusals if run.fresh])
    yield _numbers([number for run in refusals for number in run.ids])
    yield _numbers([run.issue for run in refusals for _ in run.ids])
    yield _numbers([behind for run in refusals for behind in range(len(run.ids) - 1, -1, -1)])


def marked(answer: pq.abc.PGresult) -> dict[int, int]:
    """Return delivery -> its state for every mark that was made or turned into a skip; the rest must not go."""
    return {_int(answer, row, 0): _int(answer, row, 1) for row in range(answer.ntuples)}


def counted(answer: pq.abc.PGresult) -> dict[int, int]:
    """Return issue -> its equal refusals in a row over all workers, after a turn of refusals."""
    return {-_int(answer, row, 0): _int(answer, row, 1) for row in range(answer.ntuples) if _int(answer, row, 0) < 0}


def claimed(answer: pq.abc.PGresult) -> Claim | None:
    """Return what ``claim`` got, or None when no chunk waits."""
    if not answer.ntuples:
        return None
    rows = [_row(answer, row) for row in range(answer.ntuples) if answer.get_value(row, 2) is not None]
    urgent = _int(answer, 0, answer.nfields - 1) == Lane.CORRECTION
    return Claim(_int(answer, 0, 0), _int(answer, 0, 1), tuple(rows), urgent)


def _row(answer: pq.abc.PGresult, row: int) -> Row:
    number, reader, address, name, variant, attempts, unwanted, reason = [
        answer.get_value(row, n) or b"" for n in range(2, 10)
    ]
    return Row(
        *(int(number), int(reader), address.decode(), name.decode(), variant.decode(), int(attempts)),
        unwanted.decode(),
        int(reason.removeprefix(CUT_OFF)) if reason.startswith(CUT_OFF) else 0,
    )


def _int(answer: pq.abc.PGresult, row: int, column: int) -> int:
    return int(answer.get_value(row, column) or b"0")


def _numbers(numbers: Sequence[int | None]) -> bytes:
    """A PostgreSQL array literal."""
    return b"{%b}" % b",".join([b"NULL" if number is None else b"%d" % number for number in numbers])


def _texts(texts: Sequence[str]) -> bytes:
    """A PostgreSQL array literal; NUL cannot be stored and is dropped."""
    return ("{" + ",".join(map(_quoted, texts)) + "}").encode()


@lru_cache(maxsize=1024)  # most replies of a relay are alike, and phases and reasons are few
def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "") + '"'
