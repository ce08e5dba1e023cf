"""Write docs/reference/faults.md: ``python -m tests.faults.table LINES.jsonl OUT.md [EXIT_CODE [REMARK]]``.

The remark is a sentence about the run itself, such as "Put together from several runs on a shared machine."
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HEAD = """\
# Faults

The promise of [delivery](../explanation/delivery-promise.md), held against every way we know to break it: real \
PostgreSQL, Valkey, workers and web as processes, an SMTP sink that writes one line at the final dot before it \
answers, a proxy that cuts wires, clocks that are wrong, disks that are full, resolvers that say nothing. After every \
run one oracle counts: nobody mailed twice, nobody lost, in doubt at most one message a connection that was cut. \
`make faults` runs the list, six tests at once (`FAULTS_JOBS`), and writes \
this page; CI runs the tests marked `short` (`make faults-short`).

Last run: {when} on {cores} cores ({machine}).{failed}{remark}

| fault | what | runs | readers | second copies | lost | in doubt | of cut | recovered in s | remark |
|---|---|---:|---:|---:|---:|---:|---:|---:|---|
"""


def main() -> None:
    """Read the lines, write the page."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("lines", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("exit_code", nargs="?", default="0")
    arguments.add_argument("remark", nargs="?", default="")
    given = arguments.parse_args()
    lines = [json.loads(line) for line in given.lines.read_text().splitlines()]
    rows = sorted(lines, key=lambda line: (int(re.sub(r"\D", "", line["fault"]) or 0), line["what"]))
    head = HEAD.format(
        when=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        machine=platform.machine(),
        failed=" Tests failed in it." if given.exit_code != "0" else "",
        remark=f" {given.remark}" if given.remark else "",
    )
    given.out.write_text(head + "".join(map(_row, rows)))


def _row(line: dict[str, Any]) -> str:
    remark = "; ".join(part for part in (line["remark"], f"seed {line['seed']}" if line["seed"] else "") if part)
    recovered = "" if line["recovered"] is None else f"{line['recovered']:.1f}"
    numbers = [line[name] for name in ("runs", "readers", "second_copies", "lost", "in_doubt", "cut")]
    cells = [line["fault"], line["what"], *numbers, recovered, remark]
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    main()
