"""The house keeps its import contracts, and no room stands outside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_import_runs_against_the_order_of_the_rooms() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_every_lock_pins_with_hashes_and_names_no_index() -> None:
    for lock in ROOT.glob("requirements*.txt"):
        text = lock.read_text()
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#", "-"))]
        assert pins
        assert all("==" in pin for pin in pins), lock
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
