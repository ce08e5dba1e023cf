"""``newsletter edit``: correct an issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.errors import Invalid
from newsletter.issues.describe import describe_issue
from newsletter.issues.edit import ISSUE_FIELDS, PICK_FIELDS, drop, move_pick, pin, reword
from newsletter.issues.models import Issue
from newsletter.issues.show_to import show_to
from newsletter.management.tell_issue import tell_issue
from newsletter.management.verb import Verb, now, positive


class Command(Verb):
    help = (
        "Correct an issue: `pin ARTICLE`, `drop ARTICLE`, `move ARTICLE --position 2`, `set subject WORDS`, "
        "`set headline WORDS --article ARTICLE`. Show a block to a group only: `show-to GROUP --article ARTICLE`, "
        "`show-to GROUP --section TITLE`; without either it is the note."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("act", choices=["pin", "drop", "move", "set", "show-to"])
        parser.add_argument(
            "what", nargs="+", metavar="ARTICLE | FIELD WORDS | GROUP", help=f"fields: {', '.join(FIELDS)}"
        )
        parser.add_argument("--section", default="", help="title or number of the section, for pin, move and show-to")
        parser.add_argument("--position", type=positive, help="place in the section, from 1, for pin and move")
        parser.add_argument("--article", type=positive, help="whose words to set; without it those of the issue")
        parser.add_argument("--seen", type=positive, metavar="VERSION", help="refuse when the issue was changed since")

    def run(
        self,
        *,
        issue: int,
        act: str,
        what: list[str],
        section: str,
        position: int | None,
        article: int | None,
        seen: int | None,
        by: str,
    ) -> dict[str, Any]:
        who: dict[str, Any] = {"by": by, "now": now(), "version": seen}
        if act == "set":
            field, value = _field_and_words(what)
            return describe_issue(reword(issue, field, value, article_id=article, **who))
        if act == "show-to":
            return describe_issue(show_to(issue, _group(what), article_id=article, section=section, **who))
        number = _article(what)
        changed: Issue
        if act == "pin":
            changed = pin(issue, number, section=section, position=position, **who)
        elif act == "drop":
            changed = drop(issue, number, **who)
        else:
            changed = move_pick(issue, number, section=section, position=position or 1, **who)
        return describe_issue(changed)

    def in_words(self, answer: dict[str, Any]) -> str:
        return tell_issue(answer)


def _group(what: list[str]) -> str:
    if len(what) != 1:
        raise Invalid("A group is needed.", where="show-to", fix="Write: show-to 'plan:paid and not language:fr'.")
    return what[0]


FIELDS = (*ISSUE_FIELDS, *PICK_FIELDS)


def _article(what: list[str]) -> int:
    if len(what) != 1 or not what[0].isdecimal():
        raise Invalid(f"{' '.join(what)!r} is no article.", where="article", fix="Give its number.")
    return int(what[0])


def _field_and_words(what: list[str]) -> tuple[str, str]:
    if len(what) != 2:
        raise Invalid("A field and its words are needed.", where="set", fix='Write: set subject "The words".')
    return what[0], what[1]
