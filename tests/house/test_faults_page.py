"""The page of faults is what ``make faults`` writes: its words are those of the table, and every row is whole."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.table import HEAD

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"


def test_the_page_begins_as_make_faults_writes_it() -> None:
    written = re.escape(HEAD)
    for name in ("when", "cores", "machine", "failed", "remark"):
        written = written.replace(re.escape(f"{{{name}}}"), ".*")
    assert re.match(written, PAGE.read_text())


def test_every_row_has_every_cell() -> None:
    rows = [re.split(r"(?<!\\)\|", line) for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert {len(cells) - 2 for cells in rows} == {10}
