"""``newsletter selector``: check a selector, write it in its one form, or finish it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from newsletter.expressions.write import write
from newsletter.management.verb import Verb, instant, now, positive
from newsletter.selectors.check import check_selector, warnings
from newsletter.selectors.complete import complete
from newsletter.selectors.select import MOST_COUNTED, count


class Command(Verb):
    help = "Work on a selector: `check EXPRESSION`, `format EXPRESSION`, `complete TEXT --cursor N`."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["check", "format", "complete"])
        parser.add_argument("expression")
        parser.add_argument("--at", type=instant, metavar="ISO", help="the instant ages are measured against")
        parser.add_argument("--cursor", type=int, help="where the text is being written (default its end)")
        parser.add_argument("--offers", type=positive, default=20, help="at most so many offers (default 20)")

    def run(
        self, *, act: str, expression: str, at: datetime | None, cursor: int | None, offers: int, **_: Any
    ) -> dict[str, Any]:
        if act == "complete":
            place = len(expression) if cursor is None else cursor
            return {"completions": [asdict(offer) for offer in complete(expression, place, limit=offers)]}
        tree = check_selector(expression)
        if act == "format":
            return {"selector": write(tree)}
        found = count(expression, at=at or now())
        return {
            "selector": write(tree),
            "articles": min(found, MOST_COUNTED - 1),
            "more": found >= MOST_COUNTED,
            "warnings": [{"start": one.start, "end": one.end, "message": one.words} for one in warnings(tree)],
        }

    def in_words(self, answer: dict[str, Any]) -> str:
        if "completions" in answer:
            lines = [f"{offer['insert']}\t{offer['count'] or ''}\t{offer['words']}" for offer in answer["completions"]]
        elif "articles" in answer:
            more = "more than " if answer["more"] else ""
            lines = [answer["selector"], f"It chooses {more}{answer['articles']} articles."]
            lines += [f"warning: {warning['message']}" for warning in answer["warnings"]]
        else:
            lines = [answer["selector"]]
        return "\n".join(lines) + "\n"
