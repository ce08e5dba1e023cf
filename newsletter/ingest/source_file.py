"""A source from a TOML file, and back: where articles come from, how they are written, what their words mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import tomli_w

from newsletter.catalogue.durations import span
from newsletter.catalogue.place import Place, nearest
from newsletter.errors import Invalid
from newsletter.ingest.models import Source
from newsletter.ingest.sources import SOURCES
from newsletter.ingest.url_map import is_web_address
from newsletter.ingest.vocabulary import FIELDS

PUSH = "push"  # articles come through the API
TOP = ("code", "title", "form", "address", "every", "active", "renew", "mapping", "vocabulary")
MAPPING = ("categories", "defaults", "columns")
READ_BY = ("address", "form", "renew", "mapping", "vocabulary")  # what decides how an answer is taken in
SHORTEST = timedelta(minutes=1)


def load(text: str, *, where: str, now: datetime) -> Source:
    """Store the source that ``text`` defines and return it; what its pulls left behind stays.

    Raises ``Invalid`` naming the file, the key and what to write instead; then nothing is stored.
    """
    try:
        table = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"This is not TOML: {error}.", where=where, fix="Correct the file at the place named.") from None
    top = Place(where, "")
    top.known(table, TOP)
    code = top.code(table.get("code", ""))
    form = top.one_of(table, "form", [*SOURCES, PUSH], "feed")
    address = top.text(table, "address", longest=2000, default="")
    every = top.span(table, "every", "1h") if address else None
    _check(top, form, address, every)
    fields = {
        "title": top.text(table, "title", longest=200, default=""),
        "form": form,
        "address": address,
        "interval": every,
        "active": top.flag(table, "active", default=True),
        "renew": top.flag(table, "renew", default=False),
        "mapping": _mapping(top.table(table, "mapping"), Place(where, "mapping")),
        "vocabulary": _vocabulary(top.table(table, "vocabulary"), Place(where, "vocabulary")),
        "updated_at": now,
    }
    source = Source.objects.filter(code=code).first()
    if source is None:
        return Source.objects.create(code=code, created_at=now, next_at=now if address else None, **fields)
    moved: dict[str, Any] = {"next_at": now, "failures": 0} if source.address != address else {}
    if any(getattr(source, name) != fields[name] for name in READ_BY):
        moved |= {"etag": "", "last_modified": ""}  # what has not changed there is read anew all the same
    Source.objects.filter(pk=source.pk).update(**fields, **moved)
    return Source.objects.get(pk=source.pk)


def dump(source: Source) -> str:
    """Return the definition that ``load`` reads."""
    table: dict[str, Any] = {"code": source.code, "title": source.title, "form": source.form}
    if source.address:
        table |= {"address": source.address, "every": span(source.interval or timedelta(hours=1))}
    table |= {"active": source.active, "renew": source.renew}
    if source.mapping:
        table["mapping"] = {name: _sorted(source.mapping[name]) for name in MAPPING if name in source.mapping}
    if source.vocabulary:
        table["vocabulary"] = _sorted(source.vocabulary)
    return tomli_w.dumps(table)


def _sorted(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: table[name] for name in sorted(table)}


def _check(at: Place, form: str, address: str, every: timedelta | None) -> None:
    if address and (form == PUSH or form == "page-export"):
        raise at.wrong("address", f"a source of form {form!r} is not pulled", "Leave the address out.")
    if address and not is_web_address(address):
        raise at.wrong("address", f"{address[:100]!r} is no web address", "Give one that begins with https://.")
    if address and urlsplit(address).username is not None and urlsplit(address).scheme != "https":
        raise at.wrong("address", "a password would go in clear", "Use https.")
    if every is not None and every < SHORTEST:
        raise at.wrong("every", "that is too often", 'Use at least "1m".')


def _mapping(table: Mapping[str, Any], at: Place) -> dict[str, Any]:
    at.known(table, MAPPING)
    categories, inside = at.table(table, "categories"), Place(at.where, f"{at.key}.categories")
    for word, facets in categories.items():
        if not isinstance(facets, dict):
            raise inside.wrong(word, f"{facets!r} is no table", 'Write it like "Mideast" = { region = "Middle East" }.')
        _facets(facets, Place(at.where, f"{inside.key}.{word}"))
    defaults = at.table(table, "defaults")
    _facets(defaults, Place(at.where, f"{at.key}.defaults"))
    columns = at.table(table, "columns")
    for field, column in columns.items():
        if not isinstance(column, str):
            fix = 'Write it like title = "Headline".'
            raise at.wrong(f"columns.{field}", f"{column!r} is no name of a column", fix)
    found = {"categories": categories, "defaults": defaults, "columns": columns}
    return {name: part for name, part in found.items() if part}


def _vocabulary(table: Mapping[str, Any], at: Place) -> dict[str, list[str]]:
    _facets(table, at)
    return {facet: [values] if isinstance(values, str) else list(values) for facet, values in table.items()}


def _facets(table: Mapping[str, Any], at: Place) -> None:
    for facet, values in table.items():
        if facet not in FIELDS:
            raise at.wrong(facet, f"there is no facet {facet!r}", nearest(facet, tuple(FIELDS)))
        listed = [values] if isinstance(values, str) else values
        if not isinstance(listed, list) or not all(isinstance(value, str) and value.strip() for value in listed):
            raise at.wrong(facet, f"{values!r} is no value and no list of values", 'Write it like ["Iran", "Iraq"].')
