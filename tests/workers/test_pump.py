"""The pump's children: what fails is tried again, but not at once, and does not keep other issues waiting."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.delivery.stage import make_issue
from workers.pump import PATIENCE_SECONDS, Hands

pytestmark = pytest.mark.django_db
SCRIPT = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[3:]) + '\\n'); sys.exit(int(sys.argv[2]))"


def hands(told: Path, *, code: int) -> Hands:
    """Hands whose children write down what they were asked for and end with ``code``."""
    return Hands([sys.executable, "-I", "-c", SCRIPT, str(told), str(code)])


def looks(these: Hands, told: Path, *seconds: float) -> list[str]:
    """Serve at each of these seconds, each time until the child has ended; return what the children were asked for."""
    for second in seconds:
        these.serve(second)
        for child in list(these._children.values()):
            child.wait(timeout=30)
    return told.read_text().split("\n")[:-1] if told.exists() else []


def test_what_waits_is_taken_after_five_seconds(tmp_path: Path) -> None:
    issue = make_issue(readers=1)
    told = tmp_path / "told"
    assert looks(hands(told, code=0), told, 0, PATIENCE_SECONDS) == [f"freeze {issue.pk}"]


def test_what_failed_rests_twice_as_long_each_time(tmp_path: Path) -> None:
    make_issue(readers=1)
    told = tmp_path / "told"
    these = hands(told, code=1)
    tries = [len(looks(these, told, *(base + second / 2 for second in range(200)))) for base in (0.0, 100.0)]
    assert tries == [5, 7]


def test_a_failing_freeze_lets_the_next_issue_through(tmp_path: Path) -> None:
    first = make_issue(readers=1)
    second = make_issue(first.newsletter)
    told = tmp_path / "told"
    asked = looks(hands(told, code=1), told, *range(20))
    assert {f"freeze {first.pk}", f"freeze {second.pk}"} == set(asked)
