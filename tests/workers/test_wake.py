"""A wake-up is quick and never an error, whatever the broker does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from workers.app import app
from workers.beat import TIMETABLE

PROGRAM = """
import json, time
from workers.wake import CeleryWake
wake, times = CeleryWake(), []
for _ in range(2):
    start = time.monotonic()
    wake.freeze(1)
    times.append(time.monotonic() - start)
print(json.dumps(times))
"""


def _seconds(broker: str) -> list[float]:
    """How long two wake-ups in a row take."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "REDIS_URL": broker},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout))


def test_a_broker_that_is_away_costs_little_and_then_nothing() -> None:
    first, second = _seconds("redis://127.0.0.1:1/0")
    assert first < 3.5
    assert second < 0.05


def test_a_broker_that_hangs_costs_seconds_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        first, second = _seconds(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
    assert first < 3.5
    assert second < 0.05


@pytest.mark.parametrize("name", ["tick", "letters"])
def test_every_entry_of_the_timetable_is_a_task(name: str) -> None:
    app.loader.import_default_modules()
    assert TIMETABLE[name]["task"] in app.tasks
