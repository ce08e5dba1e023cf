"""``newsletter approve``: say yes to exactly this issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.errors import Invalid
from newsletter.issues.approve import approve
from newsletter.issues.describe import describe_state
from newsletter.management.verb import Verb, now, positive


class Command(Verb):
    help = "Approve an issue; the approval is sealed to what it holds now."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--override", action="append", default=[], metavar="RULE", help="overrule what RULE found")
        parser.add_argument("--because", action="append", default=[], metavar="REASON", help="why, one each")
        parser.add_argument("--seen", type=positive, metavar="VERSION", help="refuse when the issue was changed since")

    def run(
        self, *, issue: int, seen: int | None, override: list[str], because: list[str], by: str, **_: Any
    ) -> dict[str, Any]:
        if len(override) != len(because):
            raise Invalid(
                f"{len(override)} overrides have {len(because)} reasons.",
                where="--because",
                fix="Write one --because behind each --override.",
            )
        reasons = dict(zip(override, because, strict=True))
        return describe_state(approve(issue, by=by, now=now(), version=seen, overrides=reasons))
