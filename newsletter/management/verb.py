"""The door of operators: every verb parses, calls one function of a room, and answers in words or JSON."""

from __future__ import annotations

import getpass
import json
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NoReturn, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from newsletter.catalogue.durations import duration
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.database_clock import database_now
from newsletter.errors import Invalid, NewsletterError, NotFound, Unavailable
from newsletter.management.present import present
from newsletter.spell import spelled, spelled_json

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
EVERYTHING = 10**12  # rows; more than any table has, and within what PostgreSQL counts
Row = TypeVar("Row")


class _Parser(CommandParser):
    """Wrong usage ends with code 2, and with a JSON error when JSON was asked for."""

    wants_json = False

    def error(self, message: str) -> NoReturn:
        if self.wants_json:
            _print_json(
                {
                    "error": {
                        "code": "usage",
                        "message": message,
                        "where": self.prog,
                        "fix": self.format_usage().strip(),
                    }
                }
            )
        else:
            sys.stderr.write(f"{self.format_usage()}{message}\n")
        raise SystemExit(WRONG_USAGE)


class Verb(BaseCommand):
    """A command whose ``run`` returns one JSON-ready object.

    ``--json`` prints it on stdout and nothing else; without it people get the same in words. Exit code 0 is done,
    1 refused, 2 wrong usage; for 1 and 2 stdout holds ``{"error": {code, message, where, fix}}`` under ``--json``.
    """

    requires_system_checks = []  # noqa: RUF012  Django reads it so
    lists = ""  # the key of the result that --limit, --after and --jsonl page through
    numbered = True  # whether the cursor of --after is a number

    def arguments(self, parser: CommandParser) -> None:
        """Add the arguments of this verb."""

    run: Callable[..., dict[str, Any]]  # does it and returns the answer

    def in_words(self, answer: dict[str, Any]) -> str:
        """Return the answer for people."""
        return present(answer)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.__class__ = _Parser  # Django gives no other way; subparsers inherit it
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
        parser.add_argument("--by", default="", help="who does it, for the history (default: your login name)")
        if self.lists:
            parser.add_argument("--jsonl", action="store_true", help="JSON Lines, one row a line, all rows")
            parser.add_argument("--limit", type=positive, default=50, help="rows a page (no upper bound)")
            parser.add_argument("--after", default="", help="continue behind this cursor (`next` of the last page)")
        self.arguments(parser)

    def run_from_argv(self, argv: list[str]) -> None:
        _Parser.wants_json = "--json" in argv or "--jsonl" in argv
        parser = self.create_parser(argv[0], argv[1])
        options = vars(parser.parse_args(argv[2:]))
        for always in (
            "version",
            "settings",
            "pythonpath",
            "traceback",
            "no_color",
            "force_color",
            "skip_checks",
            "verbosity",
        ):
            options.pop(always, None)
        try:
            code = self._answer(options)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = DONE
        sys.exit(code)

    def handle(self, *args: Any, **options: Any) -> str | None:  # used by call_command only
        raise CommandError("Call newsletter.management.verb.call instead.")

    def _answer(self, options: dict[str, Any]) -> int:
        as_json, as_lines = options.pop("json"), options.pop("jsonl", False)
        options["by"] = f"operator {_operator(options['by']) or _login_name()}"
        if as_lines:
            options["limit"] = EVERYTHING
        try:
            self._check_cursor(options.get("after", ""))
            answer = self.run(**options)
        except NewsletterError as error:
            return _refuse(error, as_json=as_json or as_lines)
        except DatabaseError as error:
            return _refuse(_database_trouble(error), as_json=as_json or as_lines)
        exit_code = int(answer.pop("exit_code", DONE))
        if as_lines:
            for row in answer[self.lists]:
                _print_json(row)
        elif as_json:
            _print_json(answer)
        else:
            sys.stdout.write(spelled(self.in_words(answer), but="\n\t"))
        return exit_code

    def _check_cursor(self, after: str) -> None:
        if after and self.numbered and not after.isdecimal():
            raise Invalid(f"{after!r} is no cursor.", where="--after", fix="Give the `next` of the last page.")


def page(rows: Iterable[Row], limit: int) -> tuple[list[Row], bool]:
    """Return at most ``limit`` rows and whether there are more."""
    taken = list(islice(rows, limit + 1))
    return taken[:limit], len(taken) > limit


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return min(int(text), EVERYTHING)


def instant(text: str) -> datetime:
    """Read an ISO 8601 time with an offset or ``Z``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time; write it like 2026-11-26T09:00:00-05:00") from None
    if moment.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} has no offset; add Z or one like +01:00")
    if not EARLIEST_YEAR < moment.year < LATEST_YEAR:
        raise ArgumentTypeError(f"{text!r} is not between the years {EARLIEST_YEAR} and {LATEST_YEAR}")
    return moment


def span_of_time(text: str) -> timedelta:
    """Read a span such as 10m or 2d."""
    try:
        return duration(text)
    except Invalid as error:
        raise ArgumentTypeError(f"{error.message} {error.fix}") from None


def newsletter_named(code: str) -> Newsletter:
    """Return the newsletter with this code in any case; raises ``NotFound`` naming the known ones."""
    newsletter = Newsletter.objects.select_related("sender").filter(code__iexact=code).first()
    if newsletter is None:
        known = ", ".join(Newsletter.objects.values_list("code", flat=True)[:20]) or "none is loaded yet"
        raise NotFound(f"There is no newsletter {code!r}.", where="newsletter", fix=f"Known: {known}.")
    return newsletter


def now() -> datetime:
    """Return the present instant (UTC) by the one clock of all hosts; verbs pass it on, rooms never ask for it.

    While the database does not answer it is that of this host.
    """
    try:
        return database_now()
    except DatabaseError:
        return timezone.now()


def _operator(name: str) -> str:
    """Return the name given with --by on one line, without our own word before it."""
    words = "".join(sign for sign in name if sign.isprintable()).split()
    return " ".join(words[1:] if len(words) > 1 and words[0].casefold() == "operator" else words)[:150]


def _refuse(error: NewsletterError, *, as_json: bool) -> int:
    if as_json:
        _print_json({"error": error.as_dict()})
    else:
        place = f"{error.where}: " if error.where else ""
        told = f"{place}{error.message}\n" + (f"{error.fix}\n" if error.fix else "")
        sys.stderr.write(spelled(told, but="\n"))
    return REFUSED


def _database_trouble(error: DatabaseError) -> Unavailable:
    first = str(error).strip().split("\n", 1)[0]
    missing = "does not exist" in first and "relation" in first
    fix = "Run `newsletter migrate`." if missing else "Is PostgreSQL running? `newsletter doctor` tells."
    return Unavailable(f"The database does not answer: {first}", where="DATABASE_URL", fix=fix)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(spelled_json(json.dumps(value, ensure_ascii=False, default=_plain)) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
