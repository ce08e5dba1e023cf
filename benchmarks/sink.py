"""The sink of the benchmarks: ``sink.c`` compiled on the spot, or the one of the tests where there is no compiler."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.delivery.sink import sink as slow_sink

SOURCE = Path(__file__).with_name("sink.c")


@dataclass(slots=True)
class Seen:
    """Where the sink listens; once its block has ended, what it saw. Times are seconds since 1970, 0 when unknown."""

    port: int
    messages: int = 0
    repeated: int = 0  # second copies
    first_data: float = 0.0
    last_answer: float = 0.0

    @property
    def per_second(self) -> float:
        """Messages a second from the first DATA to the last answer."""
        return self.messages / (self.last_answer - self.first_data) if self.last_answer > self.first_data else 0.0


@contextmanager
def sink(*, late_milliseconds: float = 0.0) -> Iterator[Seen]:
    """Run a sink for one measurement; ``late_milliseconds`` is how long every answer takes."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-sink-"))
    program = compiled()
    try:
        if program is None:
            with slow_sink(folder, delay=late_milliseconds / 1000) as relay:
                seen = Seen(relay.port)
                yield seen
                _count(seen, relay.accepted())
        else:
            yield from _run(program, folder / "recipients", late_milliseconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compiled() -> Path | None:
    """Return the program, compiled once a machine and version; None, with a word on stderr, without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        print("No C compiler: the sink is the slow one in Python, and the rates below are its own.", file=sys.stderr)
        return None
    program = Path(".newsletter") / "benchmarks" / "sink"
    if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-O3", "-std=gnu11", "-Wall", "-o", program, SOURCE], check=True)
    return program.absolute()


def _run(program: Path, log: Path, late_milliseconds: float) -> Iterator[Seen]:
    command = [program, "0", log, str(late_milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = Seen(int(process.stdout.readline()))
        try:
            yield seen
        finally:
            process.terminate()
            told = json.loads(process.stdout.read())
    seen.first_data, seen.last_answer = told["first_data"], told["last_answer"]
    _count(seen, log.read_text().split())


def _count(seen: Seen, recipients: list[str]) -> None:
    seen.messages, seen.repeated = len(recipients), len(recipients) - len(set(recipients))
