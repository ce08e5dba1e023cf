"""``newsletter edit``: correct an issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.describe import describe_issue
from newsletter.issues.edit import ISSUE_FIELDS, PICK_FIELDS, drop, move_pick, pin, reword
from newsletter.issues.models import Issue
from newsletter.management.verb import Verb, now, positive


class Command(Verb):
    help = "Pin, drop or move an article of an issue, or set its words."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("--seen", type=positive, metavar="VERSION", help="refuse when the issue was changed since")
        acts = parser.add_subparsers(dest="act", required=True)
        pinned = acts.add_parser("pin", help="put an article into a section and keep it there")
        dropped = acts.add_parser("drop", help="keep an article out of this issue")
        moved = acts.add_parser("move", help="move an article to another place")
        for act in (pinned, dropped, moved):
            act.add_argument("article", type=int)
        for act in (pinned, moved):
            act.add_argument("--section", default="", help="title or number of the section")
        pinned.add_argument("--position", type=positive, help="place in the section, from 1")
        moved.add_argument("--position", type=positive, default=1, help="place in the section, from 1")
        words = acts.add_parser("set", help="set words of the issue, or of one article with --article")
        words.add_argument("field", choices=[*ISSUE_FIELDS, *PICK_FIELDS])
        words.add_argument("value", help='the words; "" goes back to the default')
        words.add_argument("--article", type=int)

    def run(self, *, issue: int, act: str, seen: int | None, by: str, **given: Any) -> dict[str, Any]:
        who: dict[str, Any] = {"by": by, "now": now(), "version": seen}
        changed: Issue
        if act == "pin":
            changed = pin(issue, given["article"], section=given["section"], position=given["position"], **who)
        elif act == "drop":
            changed = drop(issue, given["article"], **who)
        elif act == "move":
            changed = move_pick(issue, given["article"], section=given["section"], position=given["position"], **who)
        else:
            changed = reword(issue, given["field"], given["value"], article_id=given["article"], **who)
        return describe_issue(changed)
