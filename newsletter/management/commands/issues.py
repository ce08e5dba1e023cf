"""``newsletter issues``: every dated appearance, newest first."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.describe import describe_issue
from newsletter.issues.lifecycle import find
from newsletter.issues.queries import newest
from newsletter.management.tell_issue import tell_issue
from newsletter.management.verb import Verb, page


class Command(Verb):
    help = "List the issues, or show one with its picks and what was left out."
    lists = "issues"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", nargs="?", type=int)
        parser.add_argument("--newsletter", default="", metavar="CODE")

    def in_words(self, answer: dict[str, Any]) -> str:
        if "sections" in answer:
            return tell_issue(answer)
        shown = ("issue", "newsletter", "slot", "kind", "state", "held", "picks")
        rows = [{key: row[key] for key in shown} for row in answer["issues"]]
        return super().in_words({**answer, "issues": rows})

    def run(self, *, issue: int | None, newsletter: str, limit: int, after: str, **_: Any) -> dict[str, Any]:
        if issue is not None:
            shown = describe_issue(find(issue))
            return {**shown, "issues": [shown], "next": None}
        rows, more = page(newest(newsletter=newsletter, after=after), limit)
        return {"issues": [_row(row) for row in rows], "next": str(rows[-1].pk) if more else None}


def _row(issue: Any) -> dict[str, Any]:
    return {**describe_issue(issue), "picks": issue.pick_count}
