"""43 · The headlines of one issue do not all use the same word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

SHORTEST, MOST = 6, 2  # letters of a word that counts; headlines that may share it


def check(sheet: Sheet) -> Iterator[Finding]:
    """Count the longer words of all headlines, each once a headline."""
    counts: Counter[str] = Counter()
    for section in sheet.digest.sections:
        for item in section.items:
            counts.update(set(re.findall(rf"[^\W\d_]{{{SHORTEST},}}", item.headline.casefold())))
    for word, times in counts.items():
        if times > MOST:
            yield Finding("echoes", "W", f"“{word}”", f"It stands in {times} headlines; reword one.")
