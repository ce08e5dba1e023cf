"""4 · The subject is there, one line, and not shouted."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

LONGEST = 70  # characters
LEAST_LETTERS = 4  # a name of so few letters (NATO, WTO) is no shouting


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the subject."""
    subject = sheet.usual(sheet.subject)
    if not subject.strip():
        yield Finding("subject", "E", "subject", "Write a subject.")
    elif "\r" in subject or "\n" in subject:
        yield Finding("subject", "E", "subject", "Put it on one line.")
    elif len(subject) > LONGEST:
        yield Finding("subject", "W", f"subject, {len(subject)} characters", f"Shorten it to {LONGEST} characters.")
    elif subject.isupper() and sum(map(str.isalpha, subject)) > LEAST_LETTERS:
        yield Finding("subject", "W", "subject", "Do not write it in capitals.")
