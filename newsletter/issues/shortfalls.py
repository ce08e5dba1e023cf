"""What an issue lacks: a section below its minimum, nothing at all, or nothing new."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from newsletter.issues.models import Issue
from newsletter.issues.queries import placed


@dataclass(frozen=True, slots=True)
class Shortfall:
    """``code`` is thin, empty or stale; ``section`` is "" when it is about the whole issue."""

    code: str
    section: str
    words: str


def shortfalls(issue: Issue) -> tuple[Shortfall, ...]:
    """Return everything the issue lacks now, section by section."""
    picks = list(placed(issue))
    if not picks:
        return (Shortfall("empty", "", "No article is in the issue."),)
    held = Counter(pick.section for pick in picks)
    found = []
    for index, part in enumerate(issue.sections):
        if held[index] < int(part["minimum"]):
            title = str(part["title"])
            words = f"{title} has {held[index]} of at least {part['minimum']}."
            found.append(Shortfall("thin", title, words))
    allowed, at = issue.newsletter.stale, issue.slot or issue.window_to
    days = [pick.article.published_on for pick in picks if pick.article.published_on]
    if allowed and days and at.date() - max(days) > allowed:
        words = f"The newest article is of {max(days):%Y-%m-%d}, {(at.date() - max(days)).days} days before the issue."
        found.append(Shortfall("stale", "", words))
    return tuple(found)
