"""``newsletter readers``: bring readers in, and say what groups they are of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid
from newsletter.management.verb import Verb, newsletter_named, now
from newsletter.readers.group import check_group
from newsletter.readers.load import load
from newsletter.readers.mark import mark, reader_at
from newsletter.readers.models import Reader
from newsletter.readers.rows import COLUMNS
from newsletter.readers.tally import group_count


class Command(Verb):
    help = (
        "Load readers of a newsletter: `load FILE.csv --newsletter CODE`. Look at one or mark them: `show ADDRESS`, "
        "`mark ADDRESS --tags donor,press`. Count a group: `count 'plan:paid' --newsletter CODE`."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["load", "show", "mark", "count"])
        parser.add_argument("what", metavar="FILE.csv | ADDRESS | GROUP", help=f"columns: {', '.join(COLUMNS)}")
        parser.add_argument("--newsletter", default="", metavar="CODE", help="needed for load and count")
        parser.add_argument("--language", help="for mark: a tag such as fr")
        parser.add_argument("--center", help="for mark: a center's code")
        parser.add_argument("--plan", choices=Reader.Plan.values, help="for mark")
        parser.add_argument("--tags", help="for mark: all tags of the reader, with commas between")

    def run(self, *, act: str, what: str, newsletter: str, by: str, **given: Any) -> dict[str, Any]:
        if act == "load":
            return _load(Path(what), _needed(newsletter), by)
        if act == "count":
            title, group = _needed(newsletter), check_group(what)
            return {"newsletter": title.code, "group": group, "readers": group_count(title, group)}
        if act == "mark":
            tags = given.pop("tags")
            split = None if tags is None else tags.split(",")
            return _described(mark(reader_at(what), tags=split, **given))
        return _described(reader_at(what))


def _needed(code: str) -> Newsletter:
    if not code:
        raise Invalid("No newsletter is named.", where="--newsletter", fix="Add --newsletter CODE.")
    return newsletter_named(code)


def _load(file: Path, title: Newsletter, by: str) -> dict[str, Any]:
    try:
        with file.open("rb") as lines:
            return asdict(load(lines, newsletter=title, by=by, now=now(), file=file.name))
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}", where=str(file), fix="Give a CSV file.") from None


def _described(reader: Reader) -> dict[str, Any]:
    return {
        "reader": reader.pk,
        "name": reader.name,
        "language": reader.language,
        "center": reader.center,
        "plan": reader.plan,
        "tags": list(reader.tags),
    }
