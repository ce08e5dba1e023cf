"""Page exports a second, and the memory they take: ``python -m benchmarks.ingest --pages 2000 10000``.

Runs ``newsletter ingest page-export`` as an operator would, in a home of its own, on pages of some 6 KB, each number
of pages twice: everything is new, then nothing is. Prints one JSON line a run; memory is the peak of the command.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_home = tempfile.mkdtemp(prefix="newsletter-bench-")
os.environ |= {"NEWSLETTER_ENV": "test", "NEWSLETTER_HOME": _home, "DJANGO_SETTINGS_MODULE": "newsletter.settings"}

from newsletter import embedded  # noqa: E402

embedded.ensure()

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from tests.factories.pages import DISCLAIMER, page  # noqa: E402

WORDS = ("river", "treaty", "gauge", "delta", "basin", "border", "state", "policy", "reform", "energy", "vote", "bank")
AUTHORS = ("Ada Byron", "Li Wei", "Thomas Graham, Jr.", "Nathan Brown")
BOXES = f"About the Author\nDirector\nA biography.\n- Real RiversPaper\n- +18\nA, B, …\nRecent Work\n{DISCLAIMER}\n"


def main() -> None:
    """Ingest every number of pages twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[2000, 10_000])
    parser.add_argument("--quick", action="store_true", help="few pages: to see that it runs")
    options = parser.parse_args()
    options.pages = [200] if options.quick else options.pages
    call_command("migrate", verbosity=0)
    try:
        for pages in options.pages:
            folder = Path(_home, f"pages-{pages}")
            _write(folder, pages)
            for _ in range(2):
                print(json.dumps({"pages": pages} | _run(folder, source=f"bench-{pages}")), flush=True)
    finally:
        embedded.wipe()
        shutil.rmtree(_home, ignore_errors=True)


def _run(folder: Path, *, source: str) -> dict[str, object]:
    command = [sys.executable, "-m", "newsletter", "ingest", "page-export", str(folder), "--source", source, "--json"]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    report = json.load(process.stdout)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "new": report["new"],
        "unchanged": report["unchanged"],
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_megabytes": used.ru_maxrss >> 10,
    }


def _write(folder: Path, pages: int) -> None:
    chance = random.Random(pages)
    folder.mkdir()
    for number in range(pages):
        title = f"{' '.join(chance.choices(WORDS, k=6)).title()}: Volume {number} of {pages}"
        body = "\n".join(" ".join(_sentence(chance) for _ in range(6)) for _ in range(chance.randint(4, 10)))
        text = f"Source: Getty\n{title}\n{_sentence(chance)}\nSource: Basin Quarterly\n{body}\n{BOXES}"
        authors = chance.sample(AUTHORS, chance.randint(0, 3))
        (folder / f"page-{number:06}.txt").write_bytes(page(text, before="Maria Foreign\n", authors=authors))


def _sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=14)).capitalize() + "."


if __name__ == "__main__":
    main()
