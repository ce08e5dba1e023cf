"""Every benchmark, one after the other: ``make bench``; ``make bench BENCH=--quick`` only sees that they run."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "benchmarks.send",
    "benchmarks.scale",
    "benchmarks.parts",
    "benchmarks.freeze",
    "benchmarks.selectors",
    "benchmarks.ingest",
    "benchmarks.proofread",
    "benchmarks.render",
    "benchmarks.dkim",
)


def main() -> None:
    """Run each in a process of its own; the first that fails ends it."""
    for name in BENCHMARKS:
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, "-m", name, *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
