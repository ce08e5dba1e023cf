"""``newsletter article``: what a person decides about one article."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from newsletter.articles.models import Article
from newsletter.articles.override import override
from newsletter.articles.override import restore as release
from newsletter.articles.weigh import weigh
from newsletter.errors import Invalid, NotFound
from newsletter.ingest.give_address import give_address
from newsletter.issues.describe import describe_article
from newsletter.issues.withdraw import embargo, restore, withdraw
from newsletter.management.verb import Verb, instant, now

ACTS = ("show", "override", "release", "address", "weigh", "withdraw", "restore", "embargo")


class Command(Verb):
    help = (
        "Look at one article or decide about it: `show`, `override FIELD VALUE...`, `release FIELD`, `address URL`, "
        "`weigh N`, `withdraw --reason WORDS`, `restore`, `embargo --until ISO` (without --until it ends now)."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("article", type=int)
        parser.add_argument("act", choices=ACTS, nargs="?", default="show")
        parser.add_argument("values", nargs="*", metavar="FIELD VALUE", help="several for a list")
        parser.add_argument("--reason", default="", help="why it is withdrawn")
        parser.add_argument("--until", type=instant, metavar="ISO", help="the end of the embargo")

    def run(
        self, *, article: int, act: str, values: list[str], reason: str, until: datetime | None, by: str, **_: Any
    ) -> dict[str, Any]:
        moment = now()
        acts: dict[str, Callable[[], object]] = {
            "show": lambda: None,
            "override": lambda: _override(article, values, by=by, now=moment),
            "release": lambda: release(article, _one(values, "the field"), now=moment),
            "address": lambda: give_address(article, _one(values, "the address"), by=by, now=moment),
            "weigh": lambda: weigh(article, _number(values), now=moment),
            "withdraw": lambda: withdraw(article, by=by, now=moment, reason=reason),
            "restore": lambda: restore(article, now=moment),
            "embargo": lambda: embargo(article, until, by=by, now=moment),
        }
        followed = acts[act]()
        told = {"issues": asdict(followed)} if act in ("withdraw", "restore", "embargo") else {}  # type: ignore[call-overload]  # a Withdrawal
        return {**_described(article), **told}


def _described(article_id: int) -> dict[str, Any]:
    article = Article.objects.filter(pk=article_id).first()
    if article is None:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
    return describe_article(article)


def _override(article_id: int, values: list[str], *, by: str, now: datetime) -> None:
    if len(values) < 2:
        raise Invalid("A field and its value are needed.", where="override", fix='Write: override regions "Iran".')
    field, *given = values
    lists = isinstance(getattr(Article(), field, ""), list)
    if not lists and len(given) > 1:
        raise Invalid(f"{field} takes one value.", where=field, fix="Put the value in quotes.")
    override(article_id, field, given if lists else given[0], by=by, now=now)


def _one(values: list[str], what: str) -> str:
    if len(values) != 1:
        raise Invalid(f"{what.capitalize()} is needed, and nothing else.", where="article", fix=f"Give {what}.")
    return values[0]


def _number(values: list[str]) -> int:
    try:
        return int(_one(values, "a weight"))
    except ValueError:
        raise Invalid(f"{values[0]!r} is no weight.", where="weight", fix="Give a whole number.") from None
