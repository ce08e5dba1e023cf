"""What can stand at a place of a selector: facets, operators, and the values that articles have, commonest first."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from django.contrib.postgres.fields import ArrayField
from django.db import connection

from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.expressions.tree import ANY, NONE
from newsletter.expressions.write import quoted
from newsletter.selectors.facets import FACETS
from newsletter.selectors.facets.keyed import Keyed

NEWEST = 20_000  # articles whose values are offered
KEPT_SECONDS = 60.0  # values are counted anew after so long
MOST_VALUES = 5_000  # of one facet
_COMPARED: Mapping[str, tuple[str, ...]] = {"age": ("7d", "24h", "30d", "365d"), "published": ("2026-01-01",)}
_ASKED = r"""([\w-]+)\s*(<=|>=|<|>|:)\s*"""
_QUOTED = re.compile(_ASKED + r"""(["“”])((?:\\.|[^"“”\\])*)\Z""", re.DOTALL)
_BARE = re.compile(_ASKED + r"""()((?:[^\s()<>:"“”]+(?:[ ]+[^\s()<>:"“”]+)*)?)\Z""")  # blanks that should be in quotes
_BETWEEN = re.compile(r"\s(?:and|or|not)(?:\s|\Z)", re.IGNORECASE)
_WORD = re.compile(r"""[^\s()<>:"“”]*\Z""")
_WHOLE_CLAUSE = re.compile(r"""(?:(?:<=|>=|<|>|:)\s*(?:["“”][^"“”]*["“”]|[^\s()<>:"“”]+)|\))\s*\Z""")


@dataclass(frozen=True, slots=True)
class Completion:
    """One offer: put ``insert`` in place of text[start:end]. ``count`` is of the newest articles, 0 = not counted."""

    start: int
    end: int
    insert: str
    kind: str  # "facet", "operator", "word" or "value"
    words: str
    count: int = 0


def complete(text: str, cursor: int, *, limit: int = 20) -> tuple[Completion, ...]:
    """Return at most ``limit`` offers for the place ``cursor`` of ``text``, best first; any text will do."""
    cursor = min(max(cursor, 0), len(text))
    offers = _value_offers(text, cursor, limit)
    return tuple(islice(_word_offers(text, cursor) if offers is None else offers, limit))


def _value_offers(text: str, cursor: int, limit: int) -> list[Completion] | None:
    """Return what may follow a facet and its operator; None where no value is being written."""
    before = text[:cursor]
    found = _QUOTED.search(before) or _BARE.search(before)
    if not found or found[1].lower() not in FACETS or (not found[3] and _BETWEEN.search(found[4])):
        return None
    end = cursor + len(_rest_of(text[cursor:], quote=found[3]))
    offers = list(islice(_values(found[1].lower(), found[2], found[4], start=found.start(3), end=end), limit))
    return offers if offers or found[3] or " " not in found[4] else None  # behind a blank a word may begin


def _word_offers(text: str, cursor: int) -> Iterator[Completion]:
    word = _WORD.search(text[:cursor])
    start = word.start() if word else cursor
    return _words(text[:start], text[start:cursor], start=start, end=cursor)


def _rest_of(after: str, *, quote: str) -> str:
    """Return what of the value stands behind the cursor, to be replaced as well."""
    found = re.match(r"""[^"“”]*["“”]""" if quote else r"""[^\s()<>:"“”]*""", after)
    return found[0] if found else ""


def _values(facet: str, operator: str, typed: str, *, start: int, end: int) -> Iterator[Completion]:
    sought = fold(typed)
    if operator in FACETS[facet].operators:
        yield from _ordinary(facet, operator, sought, start=start, end=end)
    if operator == ":":
        for special, words in ((NONE, "has no value"), (ANY, "has some value")):
            if special.startswith(sought):
                yield Completion(start, end, special, "word", f"{facet} {words}")


def _ordinary(facet: str, operator: str, sought: str, *, start: int, end: int) -> Iterator[Completion]:
    """Offer values that articles have, or for a date what people compare it with."""
    if not isinstance(FACETS[facet], Keyed):
        for value in _COMPARED.get(facet, ()):
            if value.startswith(sought):
                yield Completion(start, end, value, "value", f"{facet} {operator} {value}")
        return
    known = _known(facet)
    for inside in (False, True):  # those that begin so come before those that hold it elsewhere
        for folded, (value, count) in known.items():
            if (sought in folded and not folded.startswith(sought)) if inside else folded.startswith(sought):
                yield Completion(start, end, quoted(value), "value", value, count)


def _words(before: str, typed: str, *, start: int, end: int) -> Iterator[Completion]:
    sought = typed.lower()
    whole, name = _WHOLE_CLAUSE.search(before), re.search(r"([\w-]+)\s+\Z", before)
    if name and name[1].lower() in FACETS and not whole:
        for operator in FACETS[name[1].lower()].operators:
            yield Completion(start, end, operator, "operator", f"{name[1]} {operator} ...")
        return
    if whole:
        for word, words in (("and", "both"), ("or", "one of them")):
            if word.startswith(sought):
                yield Completion(start, end, f"{word} ", "operator", words)
        return
    for facet, plug in FACETS.items():
        if facet.startswith(sought):
            insert = f"{facet}:" if plug.operators == (":",) else f"{facet} "
            yield Completion(start, end, insert, "facet", " ".join(plug.operators))
    if "not".startswith(sought):
        yield Completion(start, end, "not ", "operator", "what does not match")


_lock = Lock()
_kept: dict[str, tuple[float, dict[str, tuple[str, int]]]] = {}


def _known(facet: str) -> dict[str, tuple[str, int]]:
    """Return folded value -> (as people write it most often, count), commonest first; kept for a minute."""
    place = f"{connection.settings_dict['NAME']}/{facet}"
    with _lock:
        counted_at, known = _kept.get(place, (-KEPT_SECONDS, {}))
    if time.monotonic() - counted_at < KEPT_SECONDS:
        return known
    known = _counted(facet)
    with _lock:
        _kept[place] = (time.monotonic(), known)
    return known


def _counted(facet: str) -> dict[str, tuple[str, int]]:
    plug = FACETS[facet]
    columns = plug.fields or ("source",)
    values = " union all ".join(
        f"select unnest({column}) as value from newest" if _is_list(column) else f"select {column} as value from newest"
        for column in columns
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"with newest as (select {', '.join(columns)} from newsletter_article order by id desc limit %s),"
            f" said as ({values})"
            " select value, count(*) from said where value <> '' group by value order by 2 desc, 1 limit %s",
            [NEWEST, MOST_VALUES],
        )
        rows = cursor.fetchall()
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for value, count in rows:
        folded = fold(value)
        counts[folded] += count
        written.setdefault(folded, value)
    return {folded: (written[folded], count) for folded, count in counts.most_common()}


def _is_list(column: str) -> bool:
    return isinstance(Article._meta.get_field(column), ArrayField)


def forget() -> None:
    """Count every facet anew at the next call: after a large ingest, and between tests."""
    with _lock:
        _kept.clear()
