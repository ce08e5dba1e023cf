"""Everything here belongs to the fault list; ``short`` marks what CI runs, and two files run with every test."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
EVERY_TIME = {"test_kill_points.py", "test_removed_guards.py"}  # the promise itself, in seconds
LONGEST = ("million", "ten_minutes", "two_hundred_kills", "half_open", "for_a_minute")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder; the long ones begin first, for they mostly wait while others work."""
    for item in items:
        if HERE in item.path.parents and item.path.name not in EVERY_TIME:
            item.add_marker(pytest.mark.faults)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Where a test stands: those that wait for minutes, what CI leaves out, everything else."""
    if HERE not in item.path.parents or item.get_closest_marker("short"):
        return 2
    return 0 if any(name in item.name for name in LONGEST) else 1
