"""Hand over what waits: one event loop over many channels and the ledger.

Every channel carries at most one message between its intent mark and its result. The loop gathers the results and
the intents of all channels while a turn of the ledger is under way, and sends them as the next turn: one commit for
many messages. A message whose answer never came is in doubt for ever (RFC 1047).
"""

from __future__ import annotations

import logging
import select
import time
from collections import Counter
from contextlib import suppress
from uuid import UUID

from newsletter.delivery.absence import Absence
from newsletter.delivery.drain import drain, record_late
from newsletter.delivery.holdings import Holdings
from newsletter.delivery.lanes import TICK_SECONDS, Lane, Lanes
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.models import DeliveryState
from newsletter.delivery.orders import Orders
from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.pace.pacing import Pacing
from newsletter.delivery.pace.turnstile import SHORTEST_PAUSE, Turnstile, Way, rest_of
from newsletter.delivery.transport import DATA, RCPT, Answered, Down, Happening, Offered
from newsletter.delivery.turns import Turns
from newsletter.delivery.verdict import Verdict
from newsletter.delivery.work import Job
from newsletter.errors import NewsletterError, Unavailable

log = logging.getLogger(__name__)
MUST_NOT_GO = "the message must not go"


class Deliverer:
    """One run of the loop; ``run`` returns how many deliveries ended in which state."""

    def __init__(self, ledger: Ledger, turnstile: Turnstile, notices: Notices, orders: Orders, *, owner: UUID) -> None:
        self._ledger, self._turnstile, self._notices = ledger, turnstile, notices
        self._orders, self._owner = orders, owner
        self._relay = next(iter(turnstile.ways.values())).outlet.transport.name
        self._lanes, self._turns = Lanes(), Turns(ledger)
        self._holdings = Holdings(ledger, self._turns, turnstile, orders)
        self._pacing = Pacing(turnstile, notices, self._turns.counts)
        self._absence = Absence(turnstile, notices, self._lanes, self._holdings)
        self._verdict = Verdict(self._turns, self._holdings, turnstile, absence=self._absence, pacing=self._pacing)
        turnstile.refuse = self._verdict.refuse_here
        self._look_at = self._wait_at = 0.0

    def run(self) -> Counter[DeliveryState]:
        """Deliver until nothing waits, the time is over or somebody says stop; then finish what is under way."""
        end = time.monotonic() + self._orders.seconds
        try:
            self._lanes.poll.register(self._ledger.turns.fileno(), select.EPOLLIN)
            self._lanes.poll.register(self._ledger.claims.fileno(), select.EPOLLIN)
            while True:
                now = time.monotonic()
                ending = now > end or self._orders.stopping()
                if self._step(now, ending=ending):
                    return self._turns.counts
        except Exception as error:  # whatever ended the loop, answers under way are awaited and recorded
            why = error.code if isinstance(error, NewsletterError) else type(error).__name__
            log.warning("ledger_lost owner=%s why=%s", self._owner, why)
            drain(self._lanes, self._take)
            chunks = list(self._holdings.works)
            record_late(self._turns.unrecorded(), owner=self._owner, relay=self._relay, chunks=chunks)
            raise
        finally:
            with suppress(Unavailable):
                self._lanes.close()
                self._turnstile.close()

    def _step(self, now: float, *, ending: bool) -> bool:
        """Go round once; True when there is nothing left to do."""
        lanes = self._lanes
        events = lanes.poll.poll(0 if any(not lane.idle for lane in lanes.instant) else TICK_SECONDS)
        ledger_events = []
        for descriptor, mask in events:
            lane = lanes.known.get(descriptor)
            if lane is None:
                ledger_events.append(descriptor)
            else:
                self._move(lane, readable=bool(mask & ~select.EPOLLOUT), writable=bool(mask & select.EPOLLOUT))
        for lane in list(lanes.instant):
            self._move(lane, readable=True, writable=True)
        for descriptor in ledger_events:
            if descriptor == self._ledger.turns.fileno():
                self._hear_turn()
            elif self._holdings.hear():
                self._feed_idle()
                self._look_at = 0.0  # open channels now
        if now >= self._look_at:
            self._look_at = now + TICK_SECONDS
            self._look_round(now, ending=ending)
        if ending:
            self._send_home()
        self._turns.ask()
        self._holdings.ask(now, ending=ending)
        self._turnstile.write_ahead()
        return not (self._turns.is_busy() or self._holdings.is_busy(ending=ending))

    # channels

    def _move(self, lane: Lane, *, readable: bool, writable: bool) -> None:
        for happening in lane.channel.handle(readable=readable, writable=writable):
            self._take(lane, happening)
        self._lanes.watch_writing(lane)

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
            if self._lanes.is_spent(lane):
                self._lanes.forget(lane)
                lane.channel.leave()
                self._look_at = 0.0  # open another one now
            return
        lane.idle = False
        lane.offered = job
        lane.channel.offer(job.envelope)
        self._lanes.watch_writing(lane)

    def _next(self, lane: Lane) -> Job | None:
        """Return the next job for a lane, written; None when nothing may go on it now."""
        if self._lanes.is_spent(lane):
            return None
        job = self._turnstile.next(lane.way, utf8=lane.channel.offers_utf8)
        if job is not None:
            lane.begun += 1
            job.offer = self._turns.runs.offer()
        return job

    def _offered(self, lane: Lane) -> None:
        if lane.offered is None:
            return
        self._orders.witness("offered")
        lane.served = True
        if lane.way.pause_seconds != SHORTEST_PAUSE or lane.way.aside:
            self._absence.is_over(lane.way)
        self._turns.mark(lane, lane.offered)

    def _hand_over(self, lane: Lane, job: Job) -> None:
        """The intent is committed: now, and not before, the content may leave."""
        self._orders.witness("marked")
        following = self._next(lane)
        self._turns.due.popleft()
        lane.sent, lane.offered = job, following
        lane.channel.send(job.content, lane.offered.envelope if lane.offered else None)
        job.content = b""
        self._orders.witness("sent")
        self._lanes.watch_writing(lane)

    def _answered(self, lane: Lane, answer: Answered) -> None:
        job = lane.sent if lane.sent is not None and lane.sent.envelope is answer.envelope else lane.offered
        if job is None:
            return
        if job is lane.sent:
            lane.sent = None
            self._orders.witness("answered")
        else:
            lane.offered = None
        if self._verdict.judge(lane.way, job, answer.phase, answer.reply):
            self._feed_idle()

    def _down(self, lane: Lane, down: Down) -> None:
        self._lanes.forget(lane)
        self._look_at = 0.0  # open another one now
        if lane.sent is not None and down.returned is lane.sent.envelope:
            self._verdict.came_back(lane.sent)
        elif lane.sent is not None:
            self._orders.witness("unanswered")
            self._verdict.doubt(lane.way, lane.sent, down)
        marking = self._turns.forget_marks(lane)
        if lane.offered is not None and not marking:
            if down.phase in (RCPT, DATA):
                self._verdict.cut_off(lane.way, lane.offered, down)
            else:
                self._holdings.put_back(lane.offered)
            lane.offered = None
        lane.sent = None
        if not lane.served or down.returned is not None or down.waits:
            if self._absence.not_served(lane.way, down):
                self._feed_idle()
        elif down.words != MUST_NOT_GO:
            self._notices.broke_off(lane.way.outlet.code, down.words)

    def _drop(self, lane: Lane, words: str) -> None:
        """Cut a lane whose message must not go although the relay waits for its content."""
        happenings = lane.channel.give_up(words)
        for happening in happenings:
            self._take(lane, happening)
        if not happenings:
            self._lanes.forget(lane)

    # the ledger

    def _hear_turn(self) -> None:
        recorded = self._turns.hear()
        if recorded is None:
            return
        self._orders.witness("recorded")
        if recorded.refusals:
            self._hear_refusals(recorded.refusals)
        counts = self._turns.counts
        for work, result in recorded.results:
            counts[result.state] += 1
            self._holdings.close_row(work)
        self._turns.go_on()
        due, states = self._turns.due, recorded.states
        while due:
            lane, job = due[0]
            self._hear_mark(lane, job, states.get(job.row.id))

    def _hear_refusals(self, refusals: dict[int, int]) -> None:
        """Who refuses ten in a row, to all workers together, refuses us."""
        troubled, put_back = self._turns.runs.hear(refusals)
        if put_back:
            self._turns.counts.update({DeliveryState.REFUSED: -put_back, DeliveryState.QUEUED: put_back})
        for issue, (words, reply) in troubled.items():
            self._holdings.trouble(issue, words, reply)

    def _hear_mark(self, lane: Lane, job: Job, state: int | None) -> None:
        """Do what the mark of the first that is due says; it stays due until something of it may have left."""
        alive = lane in self._lanes
        if state == DeliveryState.WIRE and alive:
            self._hand_over(lane, job)
            return
        self._turns.due.popleft()
        lane.offered = None
        if state == DeliveryState.WIRE:  # marked, but its channel is gone and nothing of it was written
            self._verdict.came_back(job)
        elif state == DeliveryState.SKIPPED:
            self._turns.counts[DeliveryState.SKIPPED] += 1
            self._holdings.close_row(job.work)
        else:
            self._holdings.abandon(job.work.issue)
            self._holdings.close_row(job.work)
        if alive:
            self._drop(lane, MUST_NOT_GO)

    # time

    def _look_round(self, now: float, *, ending: bool) -> None:
        self._lanes.check()
        self._ledger.check(now)
        for lane in list(self._lanes.known.values()):
            if now > lane.channel.deadline() and not (lane.idle or self._turns.is_awaited(lane)):
                self._drop(lane, "the relay did not answer in time")
        if ending:
            return
        self._pacing.look(now)
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
            self._holdings.abandon_work(wait.work)

    def _feed_idle(self) -> None:
        for lane in self._lanes:
            if lane.idle:
                self._feed(lane)

    def _open_some(self, way: Way, now: float) -> None:
        if now < way.open_after:
            return
        most = way.outlet.transport.most if way.pause_seconds == SHORTEST_PAUSE else 1  # one scout to a relay away
        for _ in range(min(most - way.lanes, self._turnstile.wanted(way))):
            if not self._lanes.open(way):
                return

    def _send_home(self) -> None:
        """The end is near: nothing new is begun, idle lanes leave, what waits stays queued."""
        self._holdings.abandon_all()
        for lane in self._lanes:
            if lane.idle or not (lane.sent or lane.offered):
                self._lanes.forget(lane)
                lane.channel.leave()
