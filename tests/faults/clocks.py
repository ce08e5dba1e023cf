"""Processes whose clock is wrong: libfaketime shifts what they take for the time, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

# Python sleeps until an instant of the monotonic clock, which libfaketime 0.9.10 shifts although it is told not to.
SLEEP = """\
import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds)
"""


def missing() -> str:
    """Say what keeps us from a wrong clock, "" for nothing."""
    return "" if shutil.which("faketime") else "faketime is not installed"


def wrong_clock(off: str, folder: Path) -> dict[str, str]:
    """Return the environment of a process whose clock is ``off`` (like +2h)."""
    shim = folder / "shim"
    shim.mkdir(exist_ok=True)
    (shim / "sitecustomize.py").write_text(SLEEP)
    asked = subprocess.run(
        ["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
    )
    paths = [str(shim), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {
        "LD_PRELOAD": asked.stdout.strip(),
        "FAKETIME": off,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }
