"""Hand over what waits: one event loop over many channels and the ledger.

Every channel carries at most one message between its intent mark and its result. The loop gathers the results and
the intents of all channels while a turn of the ledger is under way, and sends them as the next turn: one commit for
many messages. A message whose answer never came is in doubt for ever (RFC 1047).
"""

from __future__ import annotations

import logging
import select
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from uuid import UUID

from newsletter.delivery.ledger import CUT_OFF, HEARTBEAT_SECONDS, Claim, Ledger, Result, Row, claimed, counted, marked
from newsletter.delivery.models import DeliveryState
from newsletter.delivery.outcome import ACCEPTED, MOST_CUT_OFF, Outcome, backoff, judge
from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.pace.slots import Slots
from newsletter.delivery.pace.slow import Complaints
from newsletter.delivery.pace.turnstile import LONGEST_PAUSE, SHORTEST_PAUSE, Turnstile, Way, domain_of, rest_of
from newsletter.delivery.refusals import Runs, same
from newsletter.delivery.transport import DATA, MAIL, RCPT, Answered, Channel, Down, Happening, Offered, Reply
from newsletter.delivery.work import ANY, Job, Terms, Work, Writer
from newsletter.errors import NewsletterError, Unavailable

log = logging.getLogger(__name__)
READY_AT_LEAST = 600  # claim the next chunk while so many deliveries still wait
TICK_SECONDS = 0.25
DRAIN_SECONDS = 20.0  # how long answers are awaited without a database to record them in
LATE_SECONDS = 25.0  # how long that is tried; a lease is over by then
REFUSED_SESSIONS = 6  # so many in a row, at growing pauses (a quarter to half a minute), and a relay refuses us
REFUSED_SECONDS = 300.0  # how long a relay that does not take our sender or our login is left alone
URGENT_SECONDS = 2.0  # between two looks for a correction, which goes before the bulk issue in hand
PACE_SECONDS = 10.0  # between two looks at what recipient domains may get
MUST_NOT_GO = "the message must not go"
LOCAL = "build"  # the phase of what never reached a relay
_ACCEPTED, _WIRE = DeliveryState.ACCEPTED, DeliveryState.WIRE


@dataclass(frozen=True, slots=True)
class Orders:
    """What the caller decides: how to write an issue, what to do in trouble, when to end.

    ``writer`` may raise a ``NewsletterError``: that issue is paused. ``witness`` is told named points, for tests.
    """

    writer: Callable[[int], Writer]
    pause: Callable[[int, str, str], None]  # with the relay's words, and by what refusals in a row are alike
    safe: Callable[[str], bool]
    stopping: Callable[[], bool]
    seconds: float
    terms: Callable[[int], Terms] = field(default=lambda _issue: ANY)
    witness: Callable[[str], None] = field(default=lambda _point: None)


@dataclass(slots=True)
class Lane:
    """One channel and the at most two jobs on it."""

    channel: Channel
    way: Way
    number: int
    begun: int = 0  # messages offered on it
    sent: Job | None = None  # its content is out, its answer is awaited
    offered: Job | None = None  # its envelope is out
    idle: bool = False
    served: bool = False  # the relay has asked for content here
    writing: bool = False  # registered for writing


class Deliverer:
    """One run of the loop; ``run`` returns how many deliveries ended in which state."""

    def __init__(self, ledger: Ledger, turnstile: Turnstile, notices: Notices, orders: Orders, *, owner: UUID) -> None:
        self._ledger, self._turnstile, self._notices = ledger, turnstile, notices
        self._orders, self._owner = orders, owner
        self._relay = next(iter(turnstile.ways.values())).outlet.transport.name
        self._complaints, self._slots = Complaints(), Slots()
        turnstile.refuse = self._refuse_here
        self._poll = select.epoll()
        self._lanes: dict[int, Lane] = {}
        self._instant: list[Lane] = []  # lanes without a descriptor: asked every time round
        self._works: dict[int, Work] = {}
        self._writers: dict[int, Writer] = {}
        self._results: list[tuple[Work, Result]] = []
        self._marks: list[tuple[Lane, Job]] = []
        self._turning: tuple[list[tuple[Work, Result]], list[tuple[Lane, Job]]] | None = None
        self._due: deque[tuple[Lane, Job]] = deque()  # marked, and about to be handed over
        self._releases: deque[tuple[int, int]] = deque()  # chunks, and seconds for which nobody needs them
        self._claim_again: set[int] = set()  # chunks that wait once more as soon as they are released
        self._asked = ""  # what the claims line was asked
        self._exhausted_until = 0.0
        self._runs = Runs()
        self._troubled: set[int] = set()  # issues we paused: what was under way is refused for the same reason
        self._stopped: set[int] = set()  # issues that somebody paused while we held something of them
        self._counts: Counter[DeliveryState] = Counter()
        self._began_at = time.monotonic()
        self._beat_at = time.monotonic() + HEARTBEAT_SECONDS
        self._look_at = self._pace_at = self._wait_at = self._urgent_at = 0.0

    def run(self) -> Counter[DeliveryState]:
        """Deliver until nothing waits, the time is over or somebody says stop; then finish what is under way."""
        end = time.monotonic() + self._orders.seconds
        try:
            self._poll.register(self._ledger.turns.fileno(), select.EPOLLIN)
            self._poll.register(self._ledger.claims.fileno(), select.EPOLLIN)
            while True:
                now = time.monotonic()
                ending = now > end or self._orders.stopping()
                if self._step(now, ending=ending):
                    return self._counts
        except Exception as error:  # whatever ended the loop, answers under way are awaited and recorded
            why = error.code if isinstance(error, NewsletterError) else type(error).__name__
            log.warning("ledger_lost owner=%s why=%s", self._owner, why)
            self._drain()
            raise
        finally:
            for lane in [*self._lanes.values(), *self._instant]:
                if lane.idle:
                    lane.channel.leave()
                else:
                    lane.channel.give_up("the deliverer ended")
            self._poll.close()
            with suppress(Unavailable):
                self._slots.close()
                self._turnstile.close()

    def _step(self, now: float, *, ending: bool) -> bool:
        """Go round once; True when there is nothing left to do."""
        events = self._poll.poll(0 if any(not lane.idle for lane in self._instant) else TICK_SECONDS)
        ledger_events = []
        for descriptor, mask in events:
            lane = self._lanes.get(descriptor)
            if lane is None:
                ledger_events.append(descriptor)
            else:
                self._move(lane, readable=bool(mask & ~select.EPOLLOUT), writable=bool(mask & select.EPOLLOUT))
        for lane in list(self._instant):
            self._move(lane, readable=True, writable=True)
        for descriptor in ledger_events:
            if descriptor == self._ledger.turns.fileno():
                self._hear_turn()
            else:
                self._hear_claims()
        if now >= self._look_at:
            self._look_at = now + TICK_SECONDS
            self._look_round(now, ending=ending)
        if ending:
            self._send_home()
        self._ask(now, ending=ending)
        self._turnstile.write_ahead()
        return not self._busy(ending=ending)

    # channels

    def _move(self, lane: Lane, *, readable: bool, writable: bool) -> None:
        for happening in lane.channel.handle(readable=readable, writable=writable):
            self._take(lane, happening)
        self._watch_writing(lane)

    def _take(self, lane: Lane, happening: Happening) -> None:
        if isinstance(happening, Answered):
            self._answered(lane, happening)
        elif isinstance(happening, Offered):
            self._offered(lane)
        elif isinstance(happening, Down):
            self._down(lane, happening)
        else:
            lane.idle = True
            self._feed(lane)

    def _feed(self, lane: Lane) -> None:
        """Offer the next job to a free lane."""
        job = self._next(lane)
        if job is None:
            if self._is_spent(lane):
                self._forget(lane)
                lane.channel.leave()
                self._look_at = 0.0  # open another one now
            return
        lane.idle = False
        lane.offered = job
        lane.channel.offer(job.envelope)
        self._watch_writing(lane)

    def _next(self, lane: Lane) -> Job | None:
        """Return the next job for a lane, written; None when nothing may go on it now."""
        if self._is_spent(lane):
            return None
        job = self._turnstile.next(lane.way, utf8=lane.channel.offers_utf8)
        if job is not None:
            lane.begun += 1
        return job

    def _is_spent(self, lane: Lane) -> bool:
        """Return whether the connection has carried as many messages as its relay likes, or a letter waits for it."""
        outlet = lane.way.outlet
        if outlet.is_shared and self._slots.is_wanted(outlet.code):
            return True
        return bool(outlet.per_connection) and lane.begun >= outlet.per_connection

    def _offered(self, lane: Lane) -> None:
        if lane.offered is None:
            return
        self._orders.witness("offered")
        lane.served = True
        if lane.way.pause_seconds != SHORTEST_PAUSE or lane.way.aside:
            self._turnstile.back(lane.way)
            self._notices.back(lane.way.outlet.code)
        self._marks.append((lane, lane.offered))

    def _hand_over(self, lane: Lane, job: Job) -> None:
        """The intent is committed: now, and not before, the content may leave."""
        self._orders.witness("marked")
        following = self._next(lane)
        self._due.popleft()
        lane.sent, lane.offered = job, following
        lane.channel.send(job.content, lane.offered.envelope if lane.offered else None)
        job.content = b""
        self._orders.witness("sent")
        self._watch_writing(lane)

    def _answered(self, lane: Lane, answer: Answered) -> None:
        job = lane.sent if lane.sent is not None and lane.sent.envelope is answer.envelope else lane.offered
        if job is None:
            return
        if job is lane.sent:
            lane.sent = None
            self._orders.witness("answered")
        else:
            lane.offered = None
        self._judge(lane.way, job, answer.phase, answer.reply)

    def _judge(self, way: Way, job: Job, phase: str, reply: Reply) -> None:
        outcome = judge(phase, reply)
        issue = job.work.issue
        if outcome is ACCEPTED:
            self._runs.accept(issue)
            self._end(
                job,
                Result(
                    job.row.id, _ACCEPTED, reply.code, 1, 0, "", phase, reply.enhanced, reply.words, way.outlet.name
                ),
            )
            return
        if job.work.abandoned and phase != "answer":
            self._put_back(job)
            return
        if outcome.ours and phase == MAIL and self._turnstile.elsewhere(way, job.work):
            self._put_aside(way, reply.words, seconds=REFUSED_SECONDS)
            self._put_back(job)
            return
        ten = False
        if outcome.state == DeliveryState.REFUSED and issue in self._troubled:  # it is not about this reader
            outcome = Outcome(DeliveryState.QUEUED)
        elif outcome.state == DeliveryState.REFUSED:
            ten = self._runs.refuse(issue, job.row.id, reply)
        wait = int(backoff(job.row.attempts + 1).total_seconds()) if outcome.state == DeliveryState.DEFERRED else 0
        burnt = 0 if outcome.state == DeliveryState.QUEUED else 1
        self._end(
            job,
            Result(
                job.row.id,
                outcome.state,
                code=reply.code,
                burnt=burnt,
                wait=wait,
                phase=phase,
                enhanced=reply.enhanced,
                words=reply.words,
                relay=way.outlet.name,
            ),
        )
        if outcome.state == DeliveryState.DEFERRED:
            self._hear_later(job, reply)
        if outcome.ours or ten:
            self._trouble(issue, reply.words, same(reply) if ten else "")

    def _hear_later(self, job: Job, reply: Reply) -> None:
        """Where "later" is heard often, all workers slow down."""
        domain, now = domain_of(job), time.monotonic()
        if self._complaints.hear(domain, reply.enhanced, now=now):
            pace = sum(self._counts.values()) / max(now - self._began_at, 1.0)
            self._notices.slow_down(domain, base=pace * self._turnstile.share(domain), words=reply.words)
            self._pace_at = 0.0

    def _trouble(self, issue: int, words: str, reply: str = "") -> None:
        self._troubled.add(issue)
        self._stopped.add(issue)
        if any(work.issue == issue and not work.abandoned for work in self._works.values()):
            log.warning("issue_in_trouble issue=%s", issue)
            self._abandon(issue)
            self._orders.pause(issue, words, reply)

    def _down(self, lane: Lane, down: Down) -> None:
        self._forget(lane)
        self._look_at = 0.0  # open another one now
        if lane.sent is not None and down.returned is lane.sent.envelope:
            self._end(lane.sent, Result(lane.sent.row.id, DeliveryState.QUEUED))
        elif lane.sent is not None:
            self._orders.witness("unanswered")
            self._end(
                lane.sent,
                Result(
                    lane.sent.row.id,
                    DeliveryState.IN_DOUBT,
                    burnt=1,
                    phase=down.phase,
                    words=down.words,
                    relay=lane.way.outlet.name,
                ),
            )
        self._marks = [(other, job) for other, job in self._marks if other is not lane]
        marking = self._turning is not None and any(other is lane for other, _ in self._turning[1])
        if lane.offered is not None and not marking:
            if down.phase in (RCPT, DATA):
                self._cut_off(lane.way, lane.offered, down)
            else:
                self._put_back(lane.offered)
            lane.offered = None
        lane.sent = None
        if not lane.served or down.returned is not None or down.waits:
            self._not_served(lane.way, down)
        elif down.words != MUST_NOT_GO:
            self._notices.broke_off(lane.way.outlet.code, down.words)

    def _cut_off(self, way: Way, job: Job, down: Down) -> None:
        """The relay ended the connection instead of answering for this reader: that is no attempt, but no end either.

        The row goes behind the rest of its chunk; from the fifth time on it counts as a "later".
        """
        if down.reply is not None and down.reply.code < 500 and down.phase == RCPT:
            self._hear_later(job, down.reply)
        times = job.row.cut_off + 1
        burnt = times >= MOST_CUT_OFF
        self._claim_again.add(job.work.chunk)
        self._end(
            job,
            Result(
                job.row.id,
                DeliveryState.DEFERRED if burnt else DeliveryState.QUEUED,
                code=down.reply.code if down.reply is not None else None,
                burnt=int(burnt),
                wait=int(backoff(job.row.attempts + 1).total_seconds()) if burnt else 0,
                reason=f"{CUT_OFF.decode()}{times}",
                phase=down.phase,
                enhanced=down.reply.enhanced if down.reply is not None else "",
                words=down.words,
                relay=way.outlet.name,
            ),
        )

    def _not_served(self, way: Way, down: Down) -> None:
        """A connection ended before the relay asked for anything: it is away, or does not want us."""
        said_no = down.reply is not None and down.reply.code >= 500
        refused = said_no and down.phase in ("auth", "starttls")
        if refused:
            self._blame(way, down.words)
        now = time.monotonic()
        if now < way.open_after:
            return
        way.refused = way.refused + 1 if said_no else 0
        if way.refused >= REFUSED_SESSIONS and not refused:
            refused = True
            self._blame(way, down.words)
        seconds = way.pause_seconds
        way.open_after, way.pause_seconds = now + seconds, min(seconds * 2, LONGEST_PAUSE)
        log.warning("relay_away relay=%s phase=%s", way.outlet.code, down.phase)
        if refused and len(self._turnstile.ways) > 1:
            self._put_aside(way, down.words, seconds=REFUSED_SECONDS)
        elif not any(lane.way is way and lane.served for lane in self._lanes.values()):
            self._put_aside(way, down.words, seconds=seconds)

    def _blame(self, way: Way, words: str) -> None:
        """A relay does not want us: pause what has no other one."""
        for work in list(self._works.values()):
            if not self._turnstile.elsewhere(way, work):
                self._trouble(work.issue, words)

    def _put_aside(self, way: Way, words: str, *, seconds: float) -> None:
        self._turnstile.set_aside(way, seconds=seconds)
        self._notices.set_aside(way.outlet.code, words, seconds=seconds)
        self._feed_idle()

    def _drop(self, lane: Lane, words: str) -> None:
        """Cut a lane whose message must not go although the relay waits for its content."""
        happenings = lane.channel.give_up(words)
        for happening in happenings:
            self._take(lane, happening)
        if not happenings:
            self._forget(lane)

    def _forget(self, lane: Lane) -> None:
        known = self._lanes.pop(lane.number, None) is lane
        if lane in self._instant:
            self._instant.remove(lane)
            known = True
        if known:
            lane.way.lanes -= 1
            if lane.way.outlet.connections:
                with suppress(Unavailable):
                    self._slots.free(lane.way.outlet.code)

    def _watch_writing(self, lane: Lane) -> None:
        wanted = lane.channel.wants_write()
        if wanted != lane.writing and lane.number in self._lanes:
            self._poll.modify(lane.number, select.EPOLLIN | (select.EPOLLOUT if wanted else 0))
            lane.writing = wanted

    # the book

    def _end(self, job: Job, result: Result) -> None:
        self._results.append((job.work, result))

    def _refuse_here(self, job: Job, words: str) -> None:
        self._end(job, Result(job.row.id, DeliveryState.REFUSED, burnt=1, phase=LOCAL, words=words))

    def _put_back(self, job: Job) -> None:
        """It was never marked: here it waits again, in an abandoned chunk it simply stays queued."""
        if job.work.abandoned:
            self._close_row(job.work)
        else:
            self._turnstile.put_back(job)

    def _ask(self, now: float, *, ending: bool) -> None:
        if self._turning is None and (self._results or self._marks):
            self._begin_turn()
        if self._asked:
            return
        if now >= self._beat_at:
            self._beat_at = now + HEARTBEAT_SECONDS
            self._asked = "heartbeat"
            self._ledger.heartbeat()
        elif self._releases:
            self._asked = "release"
            self._ledger.release(*self._releases[0])
        elif not ending and now >= self._exhausted_until and self._turnstile.ready() < READY_AT_LEAST:
            self._asked = "claim"
            self._ledger.claim()
        elif not ending and now >= self._urgent_at and self._has_only_bulk():
            self._asked, self._urgent_at = "urgent", now + URGENT_SECONDS
            self._ledger.claim_urgent()

    def _has_only_bulk(self) -> bool:
        return bool(self._works) and not any(work.urgent for work in self._works.values())

    def _begin_turn(self) -> None:
        results, marks = self._results, self._marks
        self._results, self._marks = [], []
        chunks = {work.chunk for work, _ in results} | {job.work.chunk for _, job in marks}
        self._turning = (results, marks)
        self._ledger.turn(
            list(chunks), [result for _, result in results], [job.row.id for _, job in marks], *self._runs.tell()
        )

    def _hear_turn(self) -> None:
        answer = self._ledger.turns.hear()
        if answer is None or self._turning is None:
            return
        results, marks = self._turning
        self._due.extend(marks)
        self._turning = None
        self._orders.witness("recorded")
        if self._runs.is_counted():
            self._hear_counts(counted(answer))
        for work, result in results:
            self._counts[result.state] += 1
            self._close_row(work)
        states = marked(answer)
        if 2 * len(self._marks) >= len(marks) > 0:  # the other half of the lanes: the database need not wait for us
            self._begin_turn()
        while self._due:
            lane, job = self._due[0]
            self._hear_mark(lane, job, states.get(job.row.id))

    def _hear_counts(self, counts: dict[int, int]) -> None:
        """Who refuses ten in a row, to all workers together, refuses us."""
        troubled, put_back = self._runs.hear(counts)
        if put_back:
            self._counts.update({DeliveryState.REFUSED: -put_back, DeliveryState.QUEUED: put_back})
        for issue, (words, reply) in troubled.items():
            self._trouble(issue, words, reply)

    def _hear_mark(self, lane: Lane, job: Job, state: int | None) -> None:
        """Do what the mark of the first that is due says; it stays due until something of it may have left."""
        alive = self._lanes.get(lane.number) is lane or lane in self._instant
        if state == _WIRE and alive:
            self._hand_over(lane, job)
            return
        self._due.popleft()
        lane.offered = None
        if state == DeliveryState.WIRE:  # marked, but its channel is gone and nothing of it was written
            self._end(job, Result(job.row.id, DeliveryState.QUEUED))
        elif state == DeliveryState.SKIPPED:
            self._counts[DeliveryState.SKIPPED] += 1
            self._close_row(job.work)
        else:
            self._abandon(job.work.issue)
            self._close_row(job.work)
        if alive:
            self._drop(lane, MUST_NOT_GO)

    def _hear_claims(self) -> None:
        answer = self._ledger.claims.hear()
        if answer is None:
            return
        asked, self._asked = self._asked, ""
        if asked == "release":
            chunk, _ = self._releases.popleft()
            if chunk in self._claim_again:
                self._claim_again.discard(chunk)
                self._exhausted_until = 0.0
        elif asked in ("claim", "urgent"):
            claim = claimed(answer)
            if claim is None and asked == "urgent":
                return
            if claim is None:
                self._exhausted_until = time.monotonic() + 1.0
            else:
                self._orders.witness("claimed")
                self._begin(claim)

    def _begin(self, claim: Claim) -> None:
        writer = self._writer(claim.issue)
        if writer is None or not claim.rows:
            self._releases.append((claim.chunk, 0))
            return
        terms = self._orders.terms(claim.issue)
        work = Work(
            claim.chunk, claim.issue, writer, len(claim.rows), terms=terms, since=time.monotonic(), urgent=claim.urgent
        )
        self._works[claim.chunk] = work
        self._turnstile.begin(work)
        if claim.issue in self._stopped:  # and it goes again
            self._stopped.discard(claim.issue)
            self._troubled.discard(claim.issue)
            self._runs.forget(claim.issue)
        for row in reversed(claim.rows) if claim.urgent else claim.rows:
            self._line_up(row, work, self._turnstile.put_back if claim.urgent else self._turnstile.add)
        self._feed_idle()
        self._look_at = 0.0  # open channels now

    def _line_up(self, row: Row, work: Work, line_up: Callable[[Job], None]) -> None:
        reason = row.unwanted or ("" if self._orders.safe(row.address) else "safe_list")
        if reason:
            self._results.append((work, Result(row.id, DeliveryState.SKIPPED, reason=reason)))
            return
        line_up(Job(row, work))

    def _writer(self, issue: int) -> Writer | None:
        if issue not in self._writers:
            try:
                self._writers[issue] = self._orders.writer(issue)
            except NewsletterError as error:
                log.warning("issue_not_writable issue=%s code=%s", issue, error.code)
                self._orders.pause(issue, error.message, "")
                return None
        return self._writers[issue]

    def _close_row(self, work: Work) -> None:
        work.open -= 1
        if work.open == 0:
            self._works.pop(work.chunk, None)
            self._releases.append((work.chunk, work.rest_seconds))

    def _abandon(self, issue: int) -> None:
        self._stopped.add(issue)
        for work in list(self._works.values()):
            if work.issue == issue:
                self._abandon_work(work)

    def _abandon_work(self, work: Work) -> None:
        if work.abandoned:
            return
        work.abandoned = True
        for _ in range(self._turnstile.leave(work)):
            self._close_row(work)

    # time

    def _look_round(self, now: float, *, ending: bool) -> None:
        self._slots.check()
        self._ledger.check(now)
        for lane in list(self._lanes.values()):
            if now > lane.channel.deadline() and not (lane.idle or self._awaits_mark(lane)):
                self._drop(lane, "the relay did not answer in time")
        if ending:
            return
        if now >= self._pace_at:
            self._pace_at = now + PACE_SECONDS
            if (limits := self._notices.limits()) is not None:
                self._turnstile.limit_domains(*limits)
        if now >= self._wait_at or self._turnstile.is_crowded():
            self._wait_at = now + 1.0
            self._give_back()
        if self._turnstile.has_jobs():
            self._feed_idle()
            for way in self._turnstile.ways.values():
                self._open_some(way, now)

    def _give_back(self) -> None:
        """Let go of chunks of which nothing can be handed over for long: no lease lasts as long as a limit may."""
        for wait in self._turnstile.long_waits():
            wait.work.rest_seconds = rest_of(wait)
            if wait.whole:
                self._notices.rest(wait.work.issue, seconds=wait.work.rest_seconds)
            self._abandon_work(wait.work)

    def _feed_idle(self) -> None:
        for lane in [*self._lanes.values(), *self._instant]:
            if lane.idle:
                self._feed(lane)

    def _open_some(self, way: Way, now: float) -> None:
        if now < way.open_after:
            return
        most = way.outlet.transport.most if way.pause_seconds == SHORTEST_PAUSE else 1  # one scout to a relay away
        for _ in range(min(most - way.lanes, self._turnstile.wanted(way))):
            if not way.outlet.transport.ready():
                return
            if way.outlet.connections and not self._slots.take(way.outlet.code, way.outlet.for_issues):
                return
            self._open(way)

    def _awaits_mark(self, lane: Lane) -> bool:
        marks = self._marks if self._turning is None else self._marks + self._turning[1]
        return any(other is lane for other, _ in marks)

    def _open(self, way: Way) -> None:
        channel = way.outlet.transport.open()
        lane = Lane(channel, way, channel.fileno())
        way.lanes += 1
        if lane.number < 0:
            self._instant.append(lane)
        else:
            self._lanes[lane.number] = lane
            lane.writing = True
            self._poll.register(lane.number, select.EPOLLIN | select.EPOLLOUT)

    def _send_home(self) -> None:
        """The end is near: nothing new is begun, idle lanes leave, what waits stays queued."""
        for work in list(self._works.values()):
            self._abandon_work(work)
        for lane in [*self._lanes.values(), *self._instant]:
            if lane.idle or not (lane.sent or lane.offered):
                self._forget(lane)
                lane.channel.leave()

    def _busy(self, *, ending: bool) -> bool:
        """Return whether anything is under way or may still come."""
        if self._turning or self._asked or self._works or self._results or self._marks or self._releases:
            return True
        return not ending and not self._exhausted_until

    # without a database

    def _drain(self) -> None:
        """The ledger is lost: cut what has not begun, wait a little for answers, then try to record them."""
        unmark = [*self._due, *([] if self._turning is None else self._turning[1])]
        results = ([] if self._turning is None else self._turning[0]) + self._results
        self._results = []
        for lane in [*self._lanes.values(), *self._instant]:
            if lane.sent is None:
                self._forget(lane)
                lane.channel.give_up("the deliverer lost its database")
        for lane in list(self._instant):
            self._drain_lane(lane)
        end = time.monotonic() + DRAIN_SECONDS
        while self._lanes and time.monotonic() < end:
            for descriptor, _ in self._poll.poll(TICK_SECONDS):
                known = self._lanes.get(descriptor)
                if known is None:  # a line to the database: it would only keep us awake
                    self._poll.unregister(descriptor)
                else:
                    self._drain_lane(known)
        results += self._results
        results += [(job.work, Result(job.row.id, DeliveryState.QUEUED)) for _, job in unmark]
        self._record_late([result for _, result in results])

    def _drain_lane(self, lane: Lane) -> None:
        """Take its answer; what cannot be done about it without a database does not end the drain of the others."""
        try:
            for happening in lane.channel.handle(readable=True, writable=False):
                job = lane.sent
                if job is None:
                    break
                if isinstance(happening, Answered) and happening.envelope is job.envelope:
                    lane.sent = None
                    self._judge(lane.way, job, happening.phase, happening.reply)
                elif isinstance(happening, Down):
                    self._down(lane, happening)
        except Exception as error:  # an issue that cannot be paused now is paused by whoever sends it next
            log.warning("drained_in_part owner=%s error=%s", self._owner, type(error).__name__)
            lane.sent = None
        if lane.sent is None:
            self._forget(lane)
            lane.channel.give_up("the deliverer lost its database")
        else:
            self._watch_writing(lane)

    def _record_late(self, results: list[Result]) -> None:
        """Record over a new session with the old owner's name; the fence decides whether it still counts."""
        if not results:
            return
        chunks = list(self._works)
        end, pause = time.monotonic() + LATE_SECONDS, 0.1
        while True:
            try:
                with closing(Ledger(self._owner, self._relay)) as ledger:  # it may open and not be able to write
                    ledger.turn_and_wait(chunks, results)
            except Unavailable as error:
                if time.monotonic() + pause > end:
                    log.warning("answers_not_recorded owner=%s number=%s why=%s", self._owner, len(results), error.code)
                    return
            else:
                return
            time.sleep(pause)
            pause = min(2 * pause, 4.0)
