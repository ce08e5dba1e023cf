"""The processes below a worker, and which of them talks to the relay."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.delivery.sink import Sink
from tests.workers.crew import Worker


def children_of(worker: Worker) -> list[int]:
    """The processes below the worker's main process: Celery's children and the pump's."""
    found = subprocess.run(
        ["pgrep", "-P", str(worker.process.pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    return [int(pid) for pid in found]


def holder(worker: Worker, relay: Sink) -> list[int]:
    """Those of the children that talk to the relay."""
    needle = f":{relay.port:04X} "
    ours = []
    for pid in children_of(worker):
        try:
            inodes = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
            table = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()
        except OSError:
            continue
        to_relay = {f"socket:[{line.split()[9]}]" for line in table if needle in f"{line.split()[2]} "}
        if inodes & to_relay:
            ours.append(pid)
    return ours
