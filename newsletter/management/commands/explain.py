"""``newsletter explain``: why an article is in or out of the next issue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.explain import explain
from newsletter.management.verb import Verb, newsletter_named, now


class Command(Verb):
    help = "Explain why an article is in or out of the next issue of a newsletter."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("article", type=int)

    def run(self, *, code: str, article: int, **_: Any) -> dict[str, Any]:
        return explain(newsletter_named(code), article, now=now())

    def in_words(self, answer: dict[str, Any]) -> str:
        """Tell the verdict first, then every section with the clauses as an editor reads them."""
        inside = answer["verdict"] == "in"
        slot = f" of {answer['slot']:%Y-%m-%d %H:%M} UTC" if answer["slot"] else ""
        lines = [
            f"“{answer['title']}” (article {answer['article']}) is {'in' if inside else 'not in'} the issue{slot} of "
            f"{answer['newsletter']}.",
            f"{'Section ' + answer['section'] + ': ' if inside else ''}{answer['words']}",
        ]
        if answer["nearest_miss"] and answer["nearest_miss"] not in answer["words"]:
            lines.append(f"Nearest miss: {answer['nearest_miss']}.")
        for section in answer["sections"]:
            lines += ["", f"{section['section']}: {_verdict(section)}"]
            lines += [f"  {clause['words']}" for clause in section["clauses"]]
        return "\n".join(lines) + "\n"


def _verdict(section: dict[str, Any]) -> str:
    if section["verdict"]:
        return "chooses it"
    return f"does not choose it; first shut out by {section['excluder']}; {section['nearest_miss']}"
