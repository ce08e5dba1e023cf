"""What becomes of a delivery after the relay's last word on it, or without one."""

from __future__ import annotations

from newsletter.delivery.absence import Absence
from newsletter.delivery.holdings import Holdings
from newsletter.delivery.ledger import CUT_OFF, Result
from newsletter.delivery.models import DeliveryState
from newsletter.delivery.outcome import ACCEPTED, MOST_CUT_OFF, Outcome, backoff, judge
from newsletter.delivery.pace.pacing import Pacing
from newsletter.delivery.pace.turnstile import Turnstile, Way
from newsletter.delivery.refusals import same
from newsletter.delivery.transport import MAIL, RCPT, Down, Reply
from newsletter.delivery.turns import Turns
from newsletter.delivery.work import Job

LOCAL = "build"  # the phase of what never reached a relay
_ACCEPTED = DeliveryState.ACCEPTED


class Verdict:
    """Ends deliveries in the state that an answer means, and then does what follows for issue, relay and domain."""

    def __init__(
        self, turns: Turns, holdings: Holdings, turnstile: Turnstile, *, absence: Absence, pacing: Pacing
    ) -> None:
        self._turns, self._holdings, self._turnstile = turns, holdings, turnstile
        self._absence, self._pacing = absence, pacing

    def judge(self, way: Way, job: Job, phase: str, reply: Reply) -> bool:
        """Take the relay's last word; returns whether that set the relay aside."""
        outcome = judge(phase, reply)
        issue = job.work.issue
        if outcome is ACCEPTED:
            self._turns.runs.accept(issue, job.offer)
            self._turns.end(
                job.work,
                Result(
                    job.row.id, _ACCEPTED, reply.code, 1, 0, "", phase, reply.enhanced, reply.words, way.outlet.name
                ),
            )
            return False
        if job.work.abandoned and phase != "answer":
            self._holdings.put_back(job)
            return False
        if outcome.ours and phase == MAIL and self._turnstile.elsewhere(way, job.work):
            self._absence.set_aside(way, reply.words)
            self._holdings.put_back(job)
            return True
        ten = False
        if outcome.state == DeliveryState.REFUSED and self._holdings.is_troubled(issue):  # it is not about this reader
            outcome = Outcome(DeliveryState.QUEUED)
        elif outcome.state == DeliveryState.REFUSED:
            ten = self._turns.runs.refuse(issue, job.row.id, reply, connections=way.lanes)
        wait = int(backoff(job.row.attempts + 1).total_seconds()) if outcome.state == DeliveryState.DEFERRED else 0
        burnt = 0 if outcome.state == DeliveryState.QUEUED else 1
        self._turns.end(
            job.work,
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
            self._pacing.hear_later(job, reply)
        if outcome.ours or ten:
            self._holdings.trouble(issue, reply.words, same(reply) if ten else "")
        return False

    def came_back(self, job: Job) -> None:
        """It was marked, and surely nothing of it was taken: it waits again."""
        self._turns.end(job.work, Result(job.row.id, DeliveryState.QUEUED))

    def doubt(self, way: Way, job: Job, down: Down) -> None:
        """It was handed over and never answered: nobody can know (RFC 1047)."""
        self._turns.end(
            job.work,
            Result(
                job.row.id,
                DeliveryState.IN_DOUBT,
                burnt=1,
                phase=down.phase,
                words=down.words,
                relay=way.outlet.name,
            ),
        )

    def cut_off(self, way: Way, job: Job, down: Down) -> None:
        """The relay ended the connection instead of answering for this reader: that is no attempt, but no end either.

        The row goes behind the rest of its chunk; from the fifth time on it counts as a "later".
        """
        if down.reply is not None and down.reply.code < 500 and down.phase == RCPT:
            self._pacing.hear_later(job, down.reply)
        times = job.row.cut_off + 1
        burnt = times >= MOST_CUT_OFF
        self._holdings.claim_again(job.work)
        self._turns.end(
            job.work,
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

    def refuse_here(self, job: Job, words: str) -> None:
        """It cannot be written, or no relay can carry it."""
        self._turns.end(job.work, Result(job.row.id, DeliveryState.REFUSED, burnt=1, phase=LOCAL, words=words))
