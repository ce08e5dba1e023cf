"""MRML in a child process of its own, with limits: it kills its process on deep nesting.

The child lives as long as we do; one that died or is stuck is replaced, and a source it dies of twice is refused.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import struct
import subprocess
import sys
import threading

from newsletter.errors import Invalid

PATIENCE_SECONDS = 15
CHILD_MEMORY_BYTES = 1 << 30


class Compiler:
    """A long-lived child that runs MRML; a dead or stuck child is replaced."""

    def __init__(self, *, patience_seconds: int = PATIENCE_SECONDS) -> None:
        self.patience_seconds = patience_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def compile(self, source: str) -> str:
        """Return the HTML of hardened MJML; raises ``Invalid`` for what MRML refuses or dies of."""
        with self._lock:
            for fresh in (False, True):
                if fresh:
                    self.close()
                try:
                    answer = self._ask(source)
                except (BrokenPipeError, EOFError, OSError):
                    continue
                if "error" in answer:
                    raise Invalid(f"MJML: {answer['error']}.", where="mjml", fix="Correct the template.")
                return answer["html"]
            self.close()
        raise Invalid("The MJML compiler dies of this source.", where="mjml", fix="Simplify the template.")

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

    def _ask(self, source: str) -> dict[str, str]:
        child, late = self._running(), threading.Event()
        assert child.stdin is not None
        assert child.stdout is not None

        def give_up() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(self.patience_seconds, give_up)
        clock.start()
        try:
            octets = source.encode()
            child.stdin.write(struct.pack(">I", len(octets)) + octets)
            child.stdin.flush()
            return dict(json.loads(_exactly(child.stdout, struct.unpack(">I", _exactly(child.stdout, 4))[0])))
        except (BrokenPipeError, EOFError, OSError):
            if not late.is_set():
                raise
            self.close()
            told = f"MJML took longer than {self.patience_seconds} s."
            raise Invalid(told, where="mjml", fix="Simplify the template.") from None
        finally:
            clock.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-c", _CHILD, str(CHILD_MEMORY_BYTES), str(self.patience_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child


def _exactly(pipe: object, size: int) -> bytes:
    octets = pipe.read(size)  # type: ignore[attr-defined]  # a buffered reader
    if len(octets) < size:
        raise EOFError
    return bytes(octets)


_CHILD = """
import json, resource, struct, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from mjml import mjml2html
source, target = sys.stdin.buffer, sys.stdout.buffer
while head := source.read(4):
    text = source.read(struct.unpack(">I", head)[0]).decode()
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + int(sys.argv[2]) + 1, resource.RLIM_INFINITY))
    try:
        answer = {"html": mjml2html(text, disable_comments=True, fonts={})}
    except BaseException as error:  # a panic of Rust is no Exception
        answer = {"error": str(error)}
    octets = json.dumps(answer).encode()
    target.write(struct.pack(">I", len(octets)) + octets)
    target.flush()
"""

compiler = Compiler()
atexit.register(compiler.close)
os.register_at_fork(after_in_child=compiler.forget)
