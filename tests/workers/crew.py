"""Real workers as processes of their own, in a group that can be killed as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.delivery.stage import database_url

NOBODY = "redis://127.0.0.1:1/0"  # no broker answers here: the pump has to do everything


class Worker:
    """One worker group."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """SIGTERM as a deploy does it; returns the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


def broker_of_our_own() -> str:
    """The embedded broker, in a database that no other test process uses."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) + 1
    return os.environ["REDIS_URL"].replace("?db=0", f"?db={number}")


Start = Callable[..., Worker]


@contextmanager
def crew(smtp_port: int, log: Path) -> Iterator[Start]:
    """Hand out a function that starts workers; whatever still runs at the end of the block is killed."""
    started: list[Worker] = []

    def start(**options: Any) -> Worker:
        started.append(_start(smtp_port, log, **options))
        return started[-1]

    try:
        yield start
    finally:
        for one in started:
            one.kill()


def _start(
    smtp_port: int, log: Path, *, broker: str = NOBODY, connections: int = 8, before: Sequence[str] = (), **more: str
) -> Worker:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": broker,
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "NEWSLETTER_SMTP_CONNECTIONS": str(connections),
        "NEWSLETTER_SAFE_LIST": "*",
        "NEWSLETTER_WAKE": "workers.wake.CeleryWake",
        **more,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "newsletter", "worker"],
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return Worker(process)


def wait_until(true: Callable[[], bool], *, seconds: float, every: float = 0.1) -> None:
    """Wait for something to become true, or fail."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(every)
