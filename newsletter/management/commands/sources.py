"""``newsletter sources``: where articles come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.errors import Invalid, NotFound
from newsletter.ingest.models import Source
from newsletter.ingest.source_file import dump, load
from newsletter.management.verb import Verb, now, page

SHOWN = (
    *("code", "title", "form", "address", "active", "pulled_at", "good_at", "next_at", "failures", "trouble"),
    "report",
)


class Command(Verb):
    help = "Where articles come from: `sources`, `sources load FILE.toml...`, `sources dump CODE`."
    lists = "sources"
    numbered = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "load", "dump"], nargs="?", default="list")
        parser.add_argument("what", nargs="*", metavar="FILE.toml | CODE")

    def run(self, *, act: str, what: list[str], limit: int, after: str, **_: Any) -> dict[str, Any]:
        if act == "load":
            return {"sources": [_row(load(_text(Path(name)), where=name, now=now())) for name in what]}
        if act == "dump":
            return {"definition": dump(_named(what[0] if len(what) == 1 else ""))}
        rows, more = page(Source.objects.filter(code__gt=after).order_by("code"), limit)
        return {"sources": [_row(row) for row in rows], "next": rows[-1].code if more else None}

    def in_words(self, answer: dict[str, Any]) -> str:
        return str(answer["definition"]) if "definition" in answer else super().in_words(answer)


def _named(code: str) -> Source:
    source = Source.objects.filter(code__iexact=code).first()
    if source is None:
        raise NotFound(f"There is no source {code!r}.", where="source", fix="See `newsletter sources`.")
    return source


def _row(source: Source) -> dict[str, Any]:
    return {name: getattr(source, name) for name in SHOWN}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", where=str(file), fix="Give a UTF-8 TOML file.") from None
