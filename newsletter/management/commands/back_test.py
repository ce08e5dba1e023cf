"""``newsletter back-test``: what a changed section would have put into the last issues."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from newsletter.issues.back_test import back_test_newsletter
from newsletter.management.verb import Verb, instant, newsletter_named, now, positive


class Command(Verb):
    help = (
        "Try a changed section on the last slots of a newsletter: "
        "`newsletter back-test ctw --section Analysis --selector 'newsletter:ctw and region:any'`."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--section", default="", help="title or number of the section (default the first)")
        parser.add_argument("--selector", default="", metavar="EXPRESSION", help="the new selector")
        parser.add_argument("--limit", dest="most", type=positive, help="the new limit")
        parser.add_argument("--minimum", type=int, help="the new minimum")
        parser.add_argument("--order", default="", help="the new order")
        parser.add_argument("--quota", type=_quota, action="append", metavar="FACET=N", help="the new quotas")
        parser.add_argument("--slots", type=positive, default=26, help="how many past slots (default 26)")
        parser.add_argument("--at", type=instant, metavar="ISO", help="look back from here (default now)")

    def run(
        self,
        *,
        code: str,
        section: str,
        selector: str,
        most: int | None,
        minimum: int | None,
        order: str,
        quota: list[tuple[str, int]] | None,
        slots: int,
        at: datetime | None,
        **_: Any,
    ) -> dict[str, Any]:
        return back_test_newsletter(
            newsletter_named(code),
            section=section,
            selector=selector,
            limit=most,
            minimum=minimum,
            order=order,
            quota=dict(quota) if quota else None,
            slots=slots,
            now=at or now(),
        )

    def in_words(self, answer: dict[str, Any]) -> str:
        """Tell the sum first, then every issue that changes, then the balance."""
        return "\n".join([*_sum(answer), *_issues(answer), *_balance(answer)]) + "\n"


def _sum(answer: dict[str, Any]) -> list[str]:
    total = answer["summary"]
    return [
        f"{answer['newsletter']}, section {answer['section']}",
        f"  was    {_rule(answer['before'])}",
        f"  would  {_rule(answer['after'])}",
        *(f"  warning: {warning}" for warning in answer["warnings"]),
        f"{total['changed']} of {total['slots']} issues change: {total['came']} articles come, {total['left']} leave; "
        f"{total['count_before']} articles become {total['count_after']}.",
        *([f"Thin issues: {total['thin_before']} become {total['thin_after']}."] if _is_thin(total) else []),
    ]


def _is_thin(total: dict[str, int]) -> bool:
    return bool(total["thin_before"] or total["thin_after"])


def _rule(rule: dict[str, Any]) -> str:
    """Return a section in words: its selector, and the limits around it."""
    quota = "".join(f", at most {most} per {facet}" for facet, most in rule["quota"].items())
    return f"{rule['selector']}  (at most {rule['limit']}, at least {rule['minimum']}, order {rule['order']}{quota})"


def _issues(answer: dict[str, Any]) -> list[str]:
    lines = []
    for slot in answer["slots"]:
        thin = slot["thin"]
        if slot["changed"] or thin["before"] != thin["after"]:
            count = slot["count"]
            lines.append(f"\n{slot['slot']:%Y-%m-%d}: {count['before']} articles become {count['after']}")
            lines += [f"  thin: {title}" for title in thin["after"] if title not in thin["before"]]
            lines += [f"  no longer thin: {title}" for title in thin["before"] if title not in thin["after"]]
            lines += [f"  + {row['article']} {row['title']}" for row in slot["came"]]
            lines += [f"  - {row['article']} {row['title']}" for row in slot["left"]]
            lines += [f"  ~ {row['article']} {row['title']}: {row['from']} to {row['to']}" for row in slot["moved"]]
    return lines


def _balance(answer: dict[str, Any]) -> list[str]:
    lines = []
    for facet, values in answer["balance"].items():
        moves = [f"{row['value']} {row['before']} to {row['after']}" for row in values if row["before"] != row["after"]]
        if moves:
            lines.append(f"{facet}: " + ", ".join(moves))
    return ["", "Balance", *(f"  {line}" for line in lines)] if lines else []


def _quota(text: str) -> tuple[str, int]:
    facet, _, most = text.partition("=")
    if not facet or not most.isdecimal() or int(most) < 1:
        raise ArgumentTypeError(f"{text!r} is no quota; write it like center=2")
    return facet.strip(), int(most)
