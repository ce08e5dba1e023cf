"""The pump: every worker asks the database for work, so that a send needs no broker, no beat and no web.

Work that no wake-up took for five seconds is done by the same verbs in children of the pump; every fifteen seconds it
reconciles (one worker at a time: an advisory lock). Celery remains the normal way. What fails rests before it is tried
again, up to a minute, and other issues are frozen meanwhile.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from celery import bootsteps
from django.db import Error as DatabaseError
from django.db import connection

from newsletter.delivery.database_clock import database_now
from newsletter.delivery.patience import WORK_SECONDS, patient
from newsletter.delivery.presence import WORKER, leave, sign
from newsletter.delivery.queries import waiting
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.watch_progress import warn_of_stuck
from newsletter.errors import NewsletterError
from workers import hand

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
RECONCILE_SECONDS = 15.0
PATIENCE_SECONDS = 5.0
LONGEST_REST_SECONDS = 60.0
CHILD = (sys.executable, "-m", "workers.child")


class Pump(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Runs the pump's thread in the worker's main process."""

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)

    def start(self, _worker: Any) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, _worker: Any) -> None:
        """End, and wait for the children to finish what is under way."""
        self._end.set()
        self._thread.join(timeout=60)

    def terminate(self, worker: Any) -> None:
        """End at once."""
        self.stop(worker)

    @patient(WORK_SECONDS)
    def _run(self) -> None:
        hands = Hands()
        reconcile_at, pause = 0.0, 0.1
        while not self._end.wait(pause):
            now, pause = time.monotonic(), LOOK_SECONDS
            try:
                if now >= reconcile_at:
                    reconcile_at = now + RECONCILE_SECONDS
                    sign(WORKER, hand.place())
                    reconcile(database_now())
                    warn_of_stuck()
                hands.serve(now)
            except (DatabaseError, NewsletterError, OSError) as error:
                cause = error.__cause__ or error  # DiskFull rather than OperationalError
                log.warning("pump_waits error=%s", type(cause).__name__)
            finally:
                connection.close()  # nothing open may be inherited by a child that celery forks
        hands.end()
        with suppress(DatabaseError):
            leave(WORKER, hand.place())
        connection.close()


class Hands:
    """The children of the pump, one for each kind of work. ``program`` is what a child runs, before its kind."""

    def __init__(self, program: Sequence[str] = CHILD) -> None:
        self._program = program
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._since: dict[str, float] = {}
        self._failures: dict[str, int] = {}  # in a row
        self._rest_until: dict[str, float] = {}

    def serve(self, now: float) -> None:
        """Look what waits and start a child for what has waited long enough; one issue is frozen at a time."""
        self._reap(now)
        work = waiting(now=database_now(), place=hand.place())
        freezes = [f"freeze {issue_id}" for issue_id in work.freeze]
        kinds = [*freezes, *(["deliver"] if work.deliver else []), *(["letters"] if work.letters else [])]
        self._since = {kind: self._since.get(kind, now) for kind in kinds}
        for kind, since in self._since.items():
            if now - since >= PATIENCE_SECONDS and self._is_free(kind, freezes) and self._is_rested(kind, now):
                log.info("pump_takes work=%s", kind)
                self._children[kind] = subprocess.Popen([*self._program, *kind.split()], env=os.environ.copy())

    def _is_free(self, kind: str, freezes: Sequence[str]) -> bool:
        alike = freezes if kind in freezes else (kind,)
        return not any(one in self._children for one in alike)

    def _is_rested(self, kind: str, now: float) -> bool:
        return self._rest_until.get(kind, 0.0) <= now

    def _reap(self, now: float) -> None:
        """Forget children that ended; one that failed rests, twice as long each time."""
        for kind, child in list(self._children.items()):
            code = child.poll()
            if code is None:
                continue
            del self._children[kind]
            if code == 0:
                self._failures.pop(kind, None)
                self._rest_until.pop(kind, None)
                continue
            failures = self._failures[kind] = self._failures.get(kind, 0) + 1
            self._rest_until[kind] = now + min(LOOK_SECONDS * 2**failures, LONGEST_REST_SECONDS)
            log.warning("pump_child_failed work=%s code=%s failures=%s", kind, code, failures)

    def end(self) -> None:
        """Ask the children to finish what is under way, and wait."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        for child in self._children.values():
            child.wait()
