"""``newsletter odd``: the CMS doctor. What is odd in the articles, and what would set it right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from newsletter.errors import Invalid
from newsletter.ingest.doctor import CHECKS, Odd, counts, findings, set_right, settle
from newsletter.management.verb import Verb, instant, now


class Command(Verb):
    help = (
        "The CMS doctor: `odd [--code CODE]`, `odd counts`, `odd set ARTICLE FIELD VALUE...`, "
        "`odd settle ARTICLE CODE [VALUE]` for what is right as it is."
    )
    lists = "odd"
    numbered = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "counts", "set", "settle"], nargs="?", default="list")
        parser.add_argument("values", nargs="*", metavar="ARTICLE FIELD VALUE")
        parser.add_argument("--code", default="", help="one kind of oddity: " + ", ".join(CHECKS))
        parser.add_argument("--source", default="", help="articles of one source")
        parser.add_argument("--since", type=instant, metavar="ISO", help="articles available from then on")
        parser.add_argument("--until", type=instant, metavar="ISO", help="articles available before")

    def run(
        self,
        *,
        act: str,
        values: list[str],
        code: str,
        source: str,
        since: datetime | None,
        until: datetime | None,
        by: str,
        limit: int,
        after: str,
        **_: Any,
    ) -> dict[str, Any]:
        if act == "counts":
            return {"counts": counts(source=source, since=since, until=until)}
        if act == "set":
            article, field, *given = _named(values, 3)
            set_right(int(article), field, given, by=by, now=now())
            return {"article": int(article), "field": field, "values": given}
        if act == "settle":
            article, kind, *given = _named(values, 2)
            settle(int(article), kind, given[0] if given else "", by=by, now=now())
            return {"article": int(article), "code": kind, "settled": True}
        found = findings(code=code, source=source, since=since, until=until, after=after, limit=limit)
        return {"odd": [describe(one) for one in found.rows], "next": found.next}


def describe(odd: Odd) -> dict[str, Any]:
    """Return an oddity as a row."""
    proposal = None if odd.proposal is None else list(odd.proposal)
    return {
        "article": odd.article_id,
        "title": odd.title,
        "code": odd.code,
        "field": odd.field,
        "value": odd.value,
        "words": odd.words,
        "suggestion": odd.suggestion,
        "proposal": proposal,
    }


def _named(values: list[str], least: int) -> list[str]:
    if len(values) < least or not values[0].isdecimal():
        raise Invalid("An article and more is needed.", where="odd", fix="See `newsletter odd --help`.")
    return values
