"""The chunks one deliverer holds: claimed, lined up, given back; and the issues that were stopped meanwhile."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

from newsletter.delivery.ledger import HEARTBEAT_SECONDS, Claim, Ledger, Result, Row, claimed
from newsletter.delivery.models import DeliveryState
from newsletter.delivery.orders import Orders
from newsletter.delivery.pace.turnstile import Turnstile
from newsletter.delivery.turns import Turns
from newsletter.delivery.work import Job, Work, Writer
from newsletter.errors import NewsletterError

log = logging.getLogger(__name__)
READY_AT_LEAST = 600  # claim the next chunk while so many deliveries still wait
URGENT_SECONDS = 2.0  # between two looks for a correction, which goes before the bulk issue in hand


class Holdings:
    """``works`` are the chunks with rows that have no recorded end."""

    def __init__(self, ledger: Ledger, turns: Turns, turnstile: Turnstile, orders: Orders) -> None:
        self._ledger, self._turns, self._turnstile, self._orders = ledger, turns, turnstile, orders
        self.works: dict[int, Work] = {}
        self._writers: dict[int, Writer] = {}
        self._releases: deque[tuple[int, int]] = deque()  # chunks, and seconds for which nobody needs them
        self._claim_again: set[int] = set()  # chunks that wait once more as soon as they are released
        self._troubled: set[int] = set()  # issues we paused: what was under way is refused for the same reason
        self._stopped: set[int] = set()  # issues that somebody paused while we held something of them
        self._asked = ""  # what the claims line was asked
        self._exhausted_until = self._urgent_at = 0.0
        self._beat_at = time.monotonic() + HEARTBEAT_SECONDS

    # the claims line

    def ask(self, now: float, *, ending: bool) -> None:
        """Ask the database for the most urgent of what is wanted, one question at a time; raises ``Unavailable``."""
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

    def hear(self) -> bool:
        """Hear its answer; returns whether there is new work. Raises ``Unavailable``."""
        answer = self._ledger.claims.hear()
        if answer is None:
            return False
        asked, self._asked = self._asked, ""
        if asked == "release":
            chunk, _ = self._releases.popleft()
            if chunk in self._claim_again:
                self._claim_again.discard(chunk)
                self._exhausted_until = 0.0
        elif asked in ("claim", "urgent"):
            claim = claimed(answer)
            if claim is not None:
                self._orders.witness("claimed")
                return self._begin(claim)
            if asked == "claim":
                self._exhausted_until = time.monotonic() + 1.0
        return False

    def is_busy(self, *, ending: bool) -> bool:
        """Return whether anything is held or may still come."""
        if self._asked or self.works or self._releases:
            return True
        return not ending and not self._exhausted_until

    # rows

    def put_back(self, job: Job) -> None:
        """It was never marked: here it waits again, in an abandoned chunk it simply stays queued."""
        if job.work.abandoned:
            self.close_row(job.work)
        else:
            self._turnstile.put_back(job)

    def close_row(self, work: Work) -> None:
        """One row of a chunk is done here; with the last one the chunk is released, unless it was claimed anew."""
        work.open -= 1
        if work.open == 0 and self.works.get(work.chunk) is work:
            del self.works[work.chunk]
            self._releases.append((work.chunk, work.rest_seconds))

    def claim_again(self, work: Work) -> None:
        """A row of it waits once more as soon as it is released."""
        self._claim_again.add(work.chunk)

    # issues that stop

    def trouble(self, issue: int, words: str, reply: str = "") -> None:
        """Pause an issue that the relay does not want, in its words."""
        self._troubled.add(issue)
        self._stopped.add(issue)
        if any(work.issue == issue and not work.abandoned for work in self.works.values()):
            log.warning("issue_in_trouble issue=%s", issue)
            self.abandon(issue)
            self._orders.pause(issue, words, reply)

    def is_troubled(self, issue: int) -> bool:
        """Return whether we have paused it."""
        return issue in self._troubled

    def abandon(self, issue: int) -> None:
        """Hand over nothing more of an issue."""
        self._stopped.add(issue)
        for work in list(self.works.values()):
            if work.issue == issue:
                self.abandon_work(work)

    def abandon_all(self) -> None:
        """Hand over nothing more; what waits stays queued."""
        for work in list(self.works.values()):
            self.abandon_work(work)

    def abandon_work(self, work: Work) -> None:
        """Hand over nothing more of a chunk."""
        if work.abandoned:
            return
        work.abandoned = True
        for _ in range(self._turnstile.leave(work)):
            self.close_row(work)

    # private

    def _has_only_bulk(self) -> bool:
        return bool(self.works) and not any(work.urgent for work in self.works.values())

    def _begin(self, claim: Claim) -> bool:
        writer = self._writer(claim.issue)
        if writer is None or not claim.rows:
            self._releases.append((claim.chunk, 0))
            return False
        terms = self._orders.terms(claim.issue)
        work = Work(
            claim.chunk, claim.issue, writer, len(claim.rows), terms=terms, since=time.monotonic(), urgent=claim.urgent
        )
        before = self.works.get(claim.chunk)
        self.works[claim.chunk] = work
        if (
            before is not None
        ):  # it was taken from us, our lease having ended on the database's clock, and is ours again
            self.abandon_work(before)
        self._turnstile.begin(work)
        if claim.issue in self._stopped:  # and it goes again
            self._stopped.discard(claim.issue)
            self._troubled.discard(claim.issue)
            self._turns.runs.forget(claim.issue)
        for row in reversed(claim.rows) if claim.urgent else claim.rows:
            self._line_up(row, work, self._turnstile.put_back if claim.urgent else self._turnstile.add)
        return True

    def _line_up(self, row: Row, work: Work, line_up: Callable[[Job], None]) -> None:
        reason = row.unwanted or ("" if self._orders.safe(row.address) else "safe_list")
        if reason:
            self._turns.end(work, Result(row.id, DeliveryState.SKIPPED, reason=reason))
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
