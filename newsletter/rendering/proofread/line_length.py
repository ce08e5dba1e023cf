"""31 · No line of the message is longer than 998 octets once it is encoded (RFC 5322, 2.1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt

LONGEST_LINE = 998  # octets


def check(sheet: Sheet) -> Iterator[Finding]:
    """Measure what encoding does not fold: a header's longest word, and lines of text that go out as they are."""
    for name in ("subject", "preheader"):
        words = str(getattr(sheet, name)).split()
        if max((len(word.encode("utf-8", "replace")) for word in words), default=0) > LONGEST_LINE:
            yield Finding("line_length", "E", name, "A word is longer than a line of mail; shorten it.")
    for line in sheet.longest(sheet.text).split("\n"):
        if len(line.encode("utf-8", "replace")) > LONGEST_LINE:
            fix = f"The line is longer than {LONGEST_LINE} octets; shorten the address in it."
            yield Finding("line_length", "E", f"text part: {excerpt(line)}", fix)
