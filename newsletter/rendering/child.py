"""A child process that answers requests of ours, one at a time, and may die of one without harm to us."""

from __future__ import annotations

import atexit
import contextlib
import os
import struct
import subprocess
import threading
import weakref
from collections.abc import Mapping


class Late(Exception):
    """The child did not answer in time and was ended."""


class Child:
    """A long-lived process that reads and writes octets, each with their length before them (4 octets, big-endian).

    One that died or is stuck is replaced at the next request; it ends with us.
    """

    def __init__(self, *, patience_seconds: float) -> None:
        self.patience_seconds = patience_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        _ALL.add(self)

    def command(self) -> list[str]:
        """Return what starts the process."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str] | None:
        """Return the environment of the process, None for our own."""
        return None

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(OSError):
            child.kill()
        child.wait()
        self._close_pipes(child)

    def forget(self) -> None:
        """Leave the child to the process we were forked from."""
        child, self._child, self._lock = self._child, None, threading.Lock()
        if child is not None:
            child.returncode = 0  # not ours to wait for
            self._close_pipes(child)

    @staticmethod
    def _close_pipes(child: subprocess.Popen[bytes]) -> None:
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _ask(self, octets: bytes) -> bytes:
        """Return the answer; raises ``Late``, or ``EOFError`` or ``OSError`` when the child died."""
        child, late = self._running(), threading.Event()
        assert child.stdin is not None
        assert child.stdout is not None

        def give_up() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(self.patience_seconds, give_up)
        clock.start()
        try:
            child.stdin.write(struct.pack(">I", len(octets)) + octets)
            child.stdin.flush()
            return _exactly(child.stdout, struct.unpack(">I", _exactly(child.stdout, 4))[0])
        except (EOFError, OSError):
            if not late.is_set():
                raise
            self.close()
            raise Late from None
        finally:
            clock.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                self.command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self.environment(),
            )
        return self._child


def _exactly(pipe: object, size: int) -> bytes:
    octets = pipe.read(size)  # type: ignore[attr-defined]  # a buffered reader
    if len(octets) < size:
        raise EOFError
    return bytes(octets)


_ALL: weakref.WeakSet[Child] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for child in list(_ALL):
        child.close()


def _forget_all() -> None:
    for child in list(_ALL):
        child.forget()


os.register_at_fork(after_in_child=_forget_all)
