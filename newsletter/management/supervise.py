"""Run several of our processes as one: started together, ended together, none left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GRACE_SECONDS = 20.0
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Crew:
    """Child processes by name. ``start`` adds one, ``stop`` ends all, youngest first."""

    logs: Path
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        """Start ``python ARGUMENTS`` in a session of its own; its output goes to ``logs/NAME.log``."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def fallen(self) -> str | None:
        """Return the name of a child that ended by itself, if any."""
        return next((name for name, child in self.children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Ask every child to end, wait, and kill the groups of those that do not."""
        for child in reversed(self.children.values()):
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in reversed(self.children.values()):
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.children.clear()


@contextlib.contextmanager
def crew(logs: Path) -> Iterator[Crew]:
    """Yield a crew that is stopped at the end, also after Ctrl-C or SIGTERM."""
    before = signal.signal(signal.SIGTERM, _as_interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored
    hands = Crew(logs)
    try:
        yield hands
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        hands.stop()
        signal.signal(signal.SIGTERM, before)


def _as_interrupt(_signum: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """Have the kernel end this child when its parent dies, even by SIGKILL (Linux, prctl(2))."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
