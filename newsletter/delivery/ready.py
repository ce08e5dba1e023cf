"""The jobs that wait for a lane: which one goes next, and where its envelope and content are written.

Messages are written ahead while the ledger and the relays are at work, so that a mark that was committed and a lane
that is free do not wait for it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator

from newsletter.delivery.work import Job, Work
from newsletter.errors import Invalid

NO_UTF8 = "the relay does not take addresses in this script (SMTPUTF8)"
log = logging.getLogger(__name__)


class Ready:
    """A queue of jobs. ``refuse`` is told what cannot be written, and what no lane at hand can carry, with words."""

    def __init__(self, refuse: Callable[[Job, str], None]) -> None:
        self._refuse = refuse
        self._written: deque[Job] = deque()
        self._waiting: deque[Job] = deque()

    def __len__(self) -> int:
        return len(self._written) + len(self._waiting)

    def __iter__(self) -> Iterator[Job]:
        yield from self._written
        yield from self._waiting

    def add(self, job: Job) -> None:
        """Put a job last."""
        self._waiting.append(job)

    def put_back(self, job: Job) -> None:
        """Put a job first, where it came from; its content is written anew."""
        job.content = b""
        self._waiting.appendleft(job)

    def take(self, *, utf8: bool) -> Job | None:
        """Return the next job, written, for a lane that takes SMTPUTF8 or does not; None when nothing waits."""
        while True:
            self.write_ahead(1)
            if not self._written:
                return None
            job = self._written.popleft()
            if utf8 or not job.envelope.utf8:
                return job
            self._refuse(job, NO_UTF8)

    def write_ahead(self, most: int) -> None:
        """Have so many jobs written, as far as there are any."""
        while len(self._written) < most and self._waiting:
            job = self._waiting.popleft()
            if words := write(job):
                self._refuse(job, words)
            else:
                self._written.append(job)

    def pop(self) -> Job | None:
        """Return the next job, written or not; None when nothing waits."""
        line = self._written or self._waiting
        return line.popleft() if line else None

    def first(self) -> Job | None:
        """Return the job that ``pop`` would, and leave it."""
        return next(iter(self), None)

    def empty(self) -> list[Job]:
        """Take out all jobs and return them in order."""
        jobs = list(self)
        self._written.clear()
        self._waiting.clear()
        return jobs

    def remove(self, work: Work) -> int:
        """Forget the jobs of one chunk and return how many there were."""
        before = len(self)
        self._written = deque(job for job in self._written if job.work is not work)
        self._waiting = deque(job for job in self._waiting if job.work is not work)
        return before - len(self)


def write(job: Job) -> str:
    """Write envelope and content of a job; returns why it cannot be done, "" when it was."""
    writer = job.work.writer
    try:
        job.envelope = writer.envelope(job.row)
        job.content = writer.content(job.row)
    except Invalid as error:
        return error.message
    except Exception as error:  # a poison row must not stop the others
        log.warning("delivery_not_built delivery=%s error=%s", job.row.id, type(error).__name__)
        return "the message could not be built"
    return ""
