"""Results and intent marks on their way into the ledger.

They are gathered while a turn is under way and go with the next one: one commit for many messages.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import NamedTuple

from newsletter.delivery.lanes import Lane
from newsletter.delivery.ledger import Ledger, Result, counted, marked
from newsletter.delivery.models import DeliveryState
from newsletter.delivery.refusals import Runs
from newsletter.delivery.work import Job, Work

Ended = tuple[Work, Result]
Mark = tuple[Lane, Job]


class Recorded(NamedTuple):
    """What a turn has committed: results, the state of every delivery it marked, equal refusals by issue."""

    results: list[Ended]
    states: dict[int, int]
    refusals: dict[int, int]


class Turns:
    """One turn at a time; ``counts`` is what was recorded so far."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.runs = Runs()
        self.counts: Counter[DeliveryState] = Counter()
        self.due: deque[Mark] = deque()  # marked, and about to be handed over
        self._results: list[Ended] = []
        self._marks: list[Mark] = []
        self._turning: tuple[list[Ended], list[Mark]] | None = None

    def end(self, work: Work, result: Result) -> None:
        """Let a result be recorded."""
        self._results.append((work, result))

    def mark(self, lane: Lane, job: Job) -> None:
        """Let the intent to hand over a job be recorded; after that it is ``due``."""
        self._marks.append((lane, job))

    def ask(self) -> None:
        """Begin a turn if none is under way and there is something for it; raises ``Unavailable``."""
        if self._turning is None and (self._results or self._marks):
            self._begin()

    def hear(self) -> Recorded | None:
        """Return what the turn under way has committed, None before; raises ``Unavailable``."""
        answer = self._ledger.turns.hear()
        if answer is None or self._turning is None:
            return None
        results, marks = self._turning
        self.due.extend(marks)
        self._turning = None
        return Recorded(results, marked(answer), counted(answer) if self.runs.is_counted() else {})

    def go_on(self) -> None:
        """Begin the next turn before what is due was handed over, where half of the lanes already wait for it."""
        if 2 * len(self._marks) >= len(self.due) > 0:  # the other half: the database need not wait for us
            self._begin()

    def forget_marks(self, lane: Lane) -> bool:
        """Mark nothing for a lane that is gone; returns whether the turn under way does so nevertheless."""
        self._marks = [(other, job) for other, job in self._marks if other is not lane]
        return self._turning is not None and any(other is lane for other, _ in self._turning[1])

    def is_awaited(self, lane: Lane) -> bool:
        """Return whether the relay waits for us here, and we for a mark."""
        marks = self._marks if self._turning is None else self._marks + self._turning[1]
        return any(other is lane for other, _ in marks)

    def is_busy(self) -> bool:
        """Return whether anything is still to be recorded."""
        return bool(self._turning or self._results or self._marks)

    def unrecorded(self) -> list[Result]:
        """Return what is surely not in the book or may not be: results, and marks of what was not handed over."""
        results, marks = self._turning or ([], [])
        ended = [result for _, result in [*results, *self._results]]
        return ended + [Result(job.row.id, DeliveryState.QUEUED) for _, job in [*self.due, *marks]]

    def _begin(self) -> None:
        results, marks = self._results, self._marks
        self._results, self._marks = [], []
        chunks = {work.chunk for work, _ in results} | {job.work.chunk for _, job in marks}
        self._turning = (results, marks)
        self._ledger.turn(
            list(chunks), [result for _, result in results], [job.row.id for _, job in marks], *self.runs.tell()
        )
