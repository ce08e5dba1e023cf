"""Read a foreign answer in a process of its own, which may take so long and so much memory and no more.

Parsers are made for what people write, not for what somebody makes to stop them: a feed of a million open elements
keeps feedparser busy for minutes. Only a process can be ended.
"""

from __future__ import annotations

import pickle
import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from newsletter.errors import Refused
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.sources import SOURCES

READ_SECONDS = 20.0
MOST_OCTETS = 2 << 30  # of memory; 20 MB of small records need about a quarter
MOST_RECORDS = 10_000
Records = list[IncomingArticle | RefusedRecord]


def read_apart(
    content: bytes, *, form: str, key: str, url: str, columns: Mapping[str, str] | None = None, seconds: float
) -> Records:
    """Return every record of an answer in ``form``, a name of ``SOURCES``, as its plug would.

    Raises ``Refused``: too_slow, too_many, or unreadable.
    """
    asked = pickle.dumps((form, dict(columns or {}), key, url, content))
    command = [sys.executable, "-m", "newsletter.ingest.apart"]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Refused(
            f"The answer could not be read in {seconds:.0f} seconds.", code="too_slow", where=key, fix="Ask for less."
        ) from None
    if done.returncode:
        raise Refused("The answer could not be read.", code="unreadable", where=key, fix="Is it what it should be?")
    records: Records = pickle.loads(done.stdout)  # noqa: S301 - written by this module
    if len(records) > MOST_RECORDS:
        words = f"The answer holds more than {MOST_RECORDS:,} records."
        raise Refused(words, code="too_many", where=key, fix="Ask for less.")
    return records


def main() -> None:
    """Read what stands at the standard input, and write its records."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_OCTETS, MOST_OCTETS))
    resource.setrlimit(resource.RLIMIT_CPU, (int(READ_SECONDS), int(READ_SECONDS) + 1))
    form, columns, key, url, content = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by this module
    plug: Any = SOURCES[form]
    if columns and hasattr(plug, "with_columns"):
        plug = plug.with_columns(columns)
    records = list(plug.read(content, key=key, url=url))
    pickle.dump(records[: MOST_RECORDS + 1], sys.stdout.buffer)


if __name__ == "__main__":
    main()
