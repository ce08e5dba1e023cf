"""May this job go now, and on which relay: the one place the deliverer asks.

Every relay has a line of its own. Jobs are shared out by weight among the relays of the lowest priority that can
take mail; whoever is away or full for today gives its line to the others. Jobs whose recipient domain (or whose
issue) has no token now step aside, so that nobody waits behind them. Without any limit and with one relay all of
this is a queue.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from newsletter.delivery.pace.purse import Purse
from newsletter.delivery.pace.rate import Limit
from newsletter.delivery.ready import NO_UTF8, Ready, write
from newsletter.delivery.relays.outlet import Outlet
from newsletter.delivery.work import Job, Work

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries to reach a relay that is away
PATIENCE_SECONDS = 2.0  # after this long another relay of the same priority takes a job
AHEAD_SECONDS = 5.0  # of a limited line so much counts as ready
MOST_HELD = 5000  # jobs that wait here; more go back into their chunks
HOLD_SECONDS = 20.0  # who waits longer gives its chunk back
LONGEST_REST, SHORTEST_REST = 600, 2
LOOK_AT = 20  # of the jobs that stepped aside, so many are looked at for a lane


@dataclass(slots=True)
class Way:
    """One relay of this worker: its line, its connections, and whether it is away."""

    outlet: Outlet
    jobs: Ready
    lanes: int = 0
    passed: float = 0.0  # jobs it was given, each counted by 1 / weight
    aside: bool = False
    open_after: float = 0.0  # monotonic second of the next try
    pause_seconds: float = SHORTEST_PAUSE
    full_until: float = 0.0
    takes_utf8: bool = True  # SMTPUTF8, as far as its last connection told
    refused: int = 0  # sessions in a row that it ended with a 5xx before it took anything

    def is_able(self, now: float) -> bool:
        """Return whether it takes mail as far as we know."""
        return not self.aside and now >= self.full_until

    @property
    def rate(self) -> float:
        """Return how many messages a second it may take, 0 for any number."""
        return self.outlet.limit.rate if self.outlet.limit is not None else 0.0


@dataclass(slots=True)
class Held:
    """Jobs that wait for the tokens of one limit."""

    limit: Limit
    jobs: deque[Job] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class LongWait:
    """A chunk that has nothing to hand over for ``seconds``; ``whole`` says that its issue has not."""

    work: Work
    seconds: float
    whole: bool


class Turnstile:
    """What waits in one deliverer, in the order it may go."""

    def __init__(self, outlets: Sequence[Outlet], purse: Callable[[], Purse]) -> None:
        """``purse`` makes the tokens' holder; it is only called when something has a limit.

        ``refuse`` is to be set by who is told what cannot be written.
        """
        self.refuse: Callable[[Job, str], None] = _nobody_to_tell
        self.ways = {outlet.code: Way(outlet, Ready(self._refuse)) for outlet in outlets}
        self._open_purse = purse
        self._purse: Purse | None = None
        self._domains: Mapping[str, Limit] = {}
        self._every_domain: Callable[[str], Limit | None] = lambda _domain: None
        self._paced = False
        self._spread = 0  # works with a limit of their own
        self._held: dict[str, Held] = {}

    # limits

    def limit_domains(self, limits: Mapping[str, Limit], every: Callable[[str], Limit | None]) -> None:
        """Take these limits of recipient domains from now on; ``every`` answers for the others."""
        self._domains, self._every_domain = limits, every
        self._paced = bool(limits) or every("") is not None or bool(self._spread) or bool(self._held)

    def begin(self, work: Work) -> None:
        """Know a chunk that was claimed."""
        if work.terms.limit is not None:
            self._spread += 1
            self._paced = True

    def close(self) -> None:
        """Give back what was drawn for nothing; raises ``Unavailable``."""
        if self._purse is not None:
            self._purse.close()

    # jobs

    def add(self, job: Job) -> None:
        """Let a job line up."""
        self._choose(job, time.monotonic() if len(self.ways) > 1 else 0.0).jobs.add(job)

    def put_back(self, job: Job) -> None:
        """Let a job that did not go be the first of its line."""
        self._choose(job, time.monotonic()).jobs.put_back(job)

    def leave(self, work: Work) -> int:
        """Take out what waits of a chunk; returns how many jobs that were."""
        gone = sum(way.jobs.remove(work) for way in self.ways.values())
        for held in self._held.values():
            kept = deque(job for job in held.jobs if job.work is not work)
            gone += len(held.jobs) - len(kept)
            held.jobs = kept
        return gone

    def next(self, way: Way, *, utf8: bool) -> Job | None:
        """Return the next job that may go on this relay now, written, its tokens spent. Raises ``Unavailable``.

        ``utf8`` says whether the lane that asks takes SMTPUTF8.
        """
        way.takes_utf8 = utf8
        if way.outlet.limit is None and not self._paced and not way.aside:
            job = way.jobs.take(utf8=utf8)
            if job is not None or len(self.ways) == 1:
                return job
        while (job := self._next(way, time.monotonic())) is not None:
            words = write(job) or ("" if utf8 or not job.envelope.utf8 else NO_UTF8)
            if not words:
                return job
            self._refuse(job, words)
        return None

    def write_ahead(self) -> None:
        """Have as many messages written as there are lanes, where nothing stops them from going."""
        if not self._paced:
            for way in self.ways.values():
                if way.outlet.limit is None:
                    way.jobs.write_ahead(way.lanes)

    def has_jobs(self) -> bool:
        """Return whether anything waits here."""
        return any(self._lines())

    def ready(self) -> int:
        """Return how many jobs could go soon: below some number it is worth claiming more."""
        if len(self.ways) == 1 and not self._paced:
            (way,) = self.ways.values()
            if not way.rate:
                return len(way.jobs)
        if self._count() >= MOST_HELD:
            return MOST_HELD
        now = time.monotonic()
        able = [way for way in self.ways.values() if way.is_able(now)] or list(self.ways.values())
        return sum(map(self._soon, able))

    def is_crowded(self) -> bool:
        """Return whether so much waits here that some has to go back."""
        return (self._paced or len(self.ways) > 1) and self._count() >= MOST_HELD

    def share(self, domain: str) -> float:
        """Return which part of what waits here is for a domain; it is never nothing."""
        jobs = list(chain.from_iterable(self._lines()))
        return (1 + sum(domain_of(job) == domain for job in jobs)) / (1 + len(jobs))

    def wanted(self, way: Way) -> int:
        """Return how many connections of this relay would find work."""
        now = time.monotonic()
        limit = way.outlet.limit
        if now < way.full_until or (limit is not None and self._wait(limit, now) > 1):
            return 0
        waiting = len(way.jobs)
        if way.aside:
            waiting = self._count()
        elif self._held and (len(self.ways) == 1 or way in self._tier(now)):
            waiting += sum(len(held.jobs) for held in self._held.values())
        return min(waiting, int(way.rate * PATIENCE_SECONDS) + 1) if way.rate else waiting

    # relays that come and go

    def set_aside(self, way: Way, *, seconds: float) -> None:
        """Use a relay no more for so many seconds; the others take its line."""
        way.aside, way.open_after = True, time.monotonic() + seconds
        self._hand_on(way)

    def suspect(self, way: Way, *, seconds: float) -> None:
        """Try a relay that others set aside with one connection, in so many seconds."""
        way.pause_seconds = 2 * SHORTEST_PAUSE
        self.set_aside(way, seconds=seconds)

    def back(self, way: Way) -> None:
        """Use a relay again."""
        way.aside, way.open_after, way.pause_seconds, way.refused = False, 0.0, SHORTEST_PAUSE, 0
        way.passed = max((other.passed for other in self.ways.values()), default=0.0)

    def elsewhere(self, way: Way, work: Work) -> bool:
        """Return whether another relay can take what this one does not."""
        now = time.monotonic()
        return not work.terms.relay and any(
            other is not way and other.outlet.weight and other.is_able(now) for other in self.ways.values()
        )

    # what has to wait for long

    def long_waits(self) -> list[LongWait]:
        """Return the chunks of which nothing can go for a good while, with that while."""
        now = time.monotonic()
        soonest: dict[int, LongWait] = {}
        for way in self.ways.values():
            limit, alone = way.outlet.limit, len(self.ways) == 1
            wait = max(0.0, way.full_until - now, 0.0 if alone or not way.aside else way.open_after - now)
            wait = max(wait, self._wait(limit, now)) if limit is not None else wait
            self._estimate(soonest, way.jobs, wait=wait, rate=way.rate, whole=True)
        for held in self._held.values():
            whole = held.limit.name.startswith("issue:")
            self._estimate(soonest, held.jobs, wait=self._wait(held.limit, now), rate=held.limit.rate, whole=whole)
        most = HOLD_SECONDS if self._count() < MOST_HELD else HOLD_SECONDS / 4
        return [wait for wait in soonest.values() if wait.seconds > most and not wait.work.abandoned]

    # private

    def _refuse(self, job: Job, words: str) -> None:
        """Refuse a job here, unless it is for want of SMTPUTF8 and another relay may have it."""
        if words == NO_UTF8 and not job.work.terms.relay:
            others = [way for way in self.ways.values() if way.outlet.weight and way.takes_utf8]
            if others:
                now = time.monotonic()
                least = min(others, key=lambda way: (not way.is_able(now), way.outlet.priority, way.passed))
                least.jobs.add(job)
                return
        self.refuse(job, words)

    def _next(self, way: Way, now: float) -> Job | None:
        if (way.aside and now < way.open_after) or now < way.full_until or not self._has(way, now):
            return None
        job = self._released(way, now) or self._first(way, now) or self._take_over(way, now)
        if job is not None and way.outlet.limit is not None:
            self._purse_now.use(way.outlet.limit)
        return job

    def _lines(self) -> Iterator[Ready | deque[Job]]:
        yield from (way.jobs for way in self.ways.values())
        yield from (held.jobs for held in self._held.values())

    @property
    def _purse_now(self) -> Purse:
        if self._purse is None:
            self._purse = self._open_purse()
        return self._purse

    def _choose(self, job: Job, now: float) -> Way:
        if len(self.ways) == 1:
            (only,) = self.ways.values()
            return only
        if job.work.terms.relay:
            return self.ways[job.work.terms.relay]
        shared = self._tier(now)
        if _needs_utf8(job):
            shared = [way for way in self.ways.values() if way.outlet.weight and way.takes_utf8] or shared
        way = min(shared, key=lambda one: one.passed)
        way.passed += 1 / way.outlet.weight
        return way

    def _tier(self, now: float) -> list[Way]:
        """Return the relays that share the mail now: those of the lowest priority that can take any."""
        shared = [way for way in self.ways.values() if way.outlet.weight]
        able = [way for way in shared if way.is_able(now)] or shared
        least = min((way.outlet.priority for way in able), default=0)
        return [way for way in able if way.outlet.priority == least]

    def _hand_on(self, way: Way) -> None:
        """Share out the line of a relay that takes nothing now among those that do."""
        now = time.monotonic()
        if not any(other.is_able(now) and other.outlet.weight for other in self.ways.values()):
            return
        for job in way.jobs.empty():
            self.add(job)

    def _has(self, way: Way, now: float) -> bool:
        limit = way.outlet.limit
        if limit is None:
            return True
        if not self.has_jobs():
            return False
        if self._purse_now.has(limit, self._count(), now=now):
            return True
        if self._purse_now.is_full(limit, now=now):
            way.full_until = now + self._purse_now.wait(limit, now=now)
            self._hand_on(way)
        return False

    def _released(self, way: Way, now: float) -> Job | None:
        """Return the first job that had stepped aside and may go now."""
        for name, held in list(self._held.items()):
            if not held.jobs:
                del self._held[name]
            elif self._purse_now.has(held.limit, len(held.jobs), now=now):
                for place, job in enumerate(list(held.jobs)[:LOOK_AT]):
                    if self._may_use(job, way, now) and self._blocking(job, now) is None:
                        del held.jobs[place]
                        return self._spend(job)
        return None

    def _first(self, way: Way, now: float) -> Job | None:
        while (job := way.jobs.pop()) is not None:
            blocking = self._blocking(job, now)
            if blocking is None:
                return self._spend(job)
            self._held.setdefault(blocking.name, Held(blocking)).jobs.append(job)
        return None

    def _take_over(self, way: Way, now: float) -> Job | None:
        """Return a job that another relay does not get to; to a relay that was away, one to try it with."""
        patience = now - PATIENCE_SECONDS
        for other in self.ways.values():
            job = other.jobs.first() if other is not way else None
            if job is None or not _suits(way, job):
                continue
            late = job.work.since < patience and other.outlet.priority == way.outlet.priority
            if (late or way.aside) and way.outlet.weight and not job.work.terms.relay and not self._blocking(job, now):
                other.jobs.pop()
                return self._spend(job)
        return None

    def _may_use(self, job: Job, way: Way, now: float) -> bool:
        if job.work.terms.relay:
            return job.work.terms.relay == way.outlet.code
        if len(self.ways) == 1:
            return True
        tier = [one for one in self._tier(now) if _suits(one, job)]
        return way in tier or (not tier and bool(way.outlet.weight) and _suits(way, job))

    def _blocking(self, job: Job, now: float) -> Limit | None:
        """Return the limit that has no token for this job, or None."""
        if not self._paced:
            return None
        for limit in self._limits(job):
            held = self._held.get(limit.name)
            if not self._purse_now.has(limit, 1 + len(held.jobs if held else ()), now=now):
                return limit
        return None

    def _spend(self, job: Job) -> Job:
        if self._paced:
            for limit in self._limits(job):
                self._purse_now.use(limit)
        return job

    def _limits(self, job: Job) -> Iterable[Limit]:
        if job.work.terms.limit is not None:
            yield job.work.terms.limit
        domain = domain_of(job)
        limit = self._domains.get(domain) or self._every_domain(domain)
        if limit is not None:
            yield limit

    def _wait(self, limit: Limit, now: float) -> float:
        return self._purse.wait(limit, now=now) if self._purse is not None else 0.0

    def _soon(self, way: Way) -> int:
        return min(len(way.jobs), int(way.rate * AHEAD_SECONDS) + 1) if way.rate else len(way.jobs)

    def _count(self) -> int:
        return sum(map(len, self._lines()))

    @staticmethod
    def _estimate(soonest: dict[int, LongWait], jobs: Iterable[Job], *, wait: float, rate: float, whole: bool) -> None:
        """Note for every chunk when the first of its jobs can go at the earliest."""
        for place, job in enumerate(jobs):
            seconds = wait + (place / rate if rate else 0.0)
            known = soonest.get(job.work.chunk)
            if known is None or seconds < known.seconds:
                soonest[job.work.chunk] = LongWait(job.work, seconds, whole)


def _nobody_to_tell(_job: Job, words: str) -> None:
    raise RuntimeError(f"nobody is told that a job was refused: {words}")


def _needs_utf8(job: Job) -> bool:
    return not job.row.address.rpartition("@")[0].isascii()


def _suits(way: Way, job: Job) -> bool:
    """Return whether a relay takes addresses in the job's script, as far as we know."""
    return way.takes_utf8 or not _needs_utf8(job)


def domain_of(job: Job) -> str:
    """Return the recipient's domain, as limits are named by it."""
    domain = job.row.address.rpartition("@")[2].lower()
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def rest_of(wait: LongWait) -> int:
    """Return for how many seconds nobody needs to look at a chunk that waits long."""
    return int(max(SHORTEST_REST, min(LONGEST_REST, wait.seconds - HOLD_SECONDS / 2)))
