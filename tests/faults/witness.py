"""The sink of many hosts: it listens on the bridge and notes from which host each message came."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.delivery.sink import Server, Session, Sink


@contextmanager
def sink_at(address: str, folder: Path, *, rate: int) -> Iterator[Sink]:
    """The sink on the bridge; it takes at most ``rate`` messages a second from all hosts together, 0 = all it can."""
    command = [sys.executable, "-m", "tests.faults.witness", address, str(folder), str(rate)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    try:
        yield Sink(port, folder / "accepted.log", None, process)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def shares(folder: Path) -> Counter[str]:
    """How many messages came from which address."""
    log = folder / "hosts.log"
    return Counter(log.read_text().splitlines() if log.exists() else ())


class Witness(Server):
    """Notes beside each recipient the host that brought it."""

    def __init__(self, folder: Path, rate: int) -> None:
        super().__init__(folder / "accepted.log", {}, None)
        self.pause = 1 / rate if rate else 0.0
        self.hosts = (folder / "hosts.log").open("ab", buffering=0)

    def witness(self, session: Session, content: bytes) -> None:
        self.hosts.write(session.host.encode() + b"\n")
        super().witness(session, content)
        time.sleep(self.pause)


def main() -> None:
    """Serve until SIGTERM; print the port first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("folder", type=Path)
    parser.add_argument("rate", type=int)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listener = socket.create_server((options.address, 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    Witness(options.folder, options.rate).serve(listener)


if __name__ == "__main__":
    main()
