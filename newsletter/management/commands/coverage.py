"""``newsletter coverage``: what the newsletters cover, and what they leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.coverage import coverage
from newsletter.management.verb import Verb, instant, now

PERIOD = timedelta(days=28)


class Command(Verb):
    help = "Articles nobody picked and why, empty sections, dead selectors, balance: `coverage [--since ISO]`."
    lists = "unpicked"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=instant, metavar="ISO", help="articles available from then on (4 weeks)")
        parser.add_argument("--until", type=instant, metavar="ISO", help="articles available before (default now)")

    def run(
        self, *, since: datetime | None, until: datetime | None, limit: int, after: str, **_: Any
    ) -> dict[str, Any]:
        moment = now()
        end = until or moment
        return coverage(since=since or end - PERIOD, until=end, now=moment, limit=limit, after=after)

    def in_words(self, answer: dict[str, Any]) -> str:
        lines = [f"{answer['picked']} of {answer['articles']} articles were picked."]
        for row in answer["unpicked"]:
            lines.append(f"\n{row['article']} {row['title']}")
            lines += [f"  {way['newsletter']}, {way['section']}: {way['words']}" for way in row["newsletters"][:3]]
        for one in answer["empty_sections"]:
            lines.append(f"\n{one['newsletter']}, {one['section']}: empty in the last {one['issues']} issues")
        lines += [f"\n{one['newsletter']}, {one['section']}: {one['words']}" for one in answer["dead_selectors"]]
        for code, facets in answer["balance"].items():
            for facet, values in facets.items():
                if values:
                    shown = ", ".join(f"{one['value']} {one['count']} ({one['before']})" for one in values[:5])
                    lines.append(f"\n{code} {facet}: {shown}")
        return "\n".join(lines) + "\n"
