"""``newsletter correct``: open the correction of an issue that went out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.correct import correct
from newsletter.issues.describe import describe_issue
from newsletter.management.tell_issue import tell_issue
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Open a correction that goes to those who got an issue, or one article of it."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--article", type=int, help="only those whose copy held this article")

    def run(self, *, issue: int, article: int | None, by: str, **_: Any) -> dict[str, Any]:
        return describe_issue(correct(issue, article_id=article, by=by, now=now()))

    def in_words(self, answer: dict[str, Any]) -> str:
        return tell_issue(answer)
